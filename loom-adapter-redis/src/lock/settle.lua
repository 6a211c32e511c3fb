-- Renews or releases a lease.
--
-- KEYS: lock
-- ARGV: now, time source, token, 'renew' or 'release', ttl in milliseconds
-- Returns {'held', until}, {'lost'} or {'released'}.
local now, offset = clock(ARGV[1], ARGV[2])
local lock = redis.call('HMGET', KEYS[1], 't', 'u')
if lock[1] ~= ARGV[3] then return {'lost'} end

if ARGV[4] == 'release' then
  redis.call('DEL', KEYS[1])
  return {'released'}
end
if tonumber(lock[2]) <= now then return {'lost'} end
local ends = after(now, ARGV[5])
redis.call('HSET', KEYS[1], 'u', text(ends))
expire(KEYS[1], now, ends)
return {'held', told(ends, offset)}
