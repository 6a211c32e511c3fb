-- Renews or releases a lease.
--
-- KEYS: lock
-- ARGV: now, time source, token, 'renew' or 'release', ttl in milliseconds
-- Returns {'held', until}, {'lost'} or {'released'}.
local token, ends, owner = find(KEYS[1])
if token ~= ARGV[3] then return {'lost'} end

if ARGV[4] == 'release' then
  redis.call('DEL', KEYS[1])
  return {'released'}
end
local now, offset = clock(ARGV[1], ARGV[2])
if ends <= now then return {'lost'} end
ends = after(now, ARGV[5])
keep(KEYS[1], now, token, ends, owner)
return {'held', told(ends, offset)}
