-- Records the result of a claim.
--
-- KEYS: request
-- ARGV: now, time source, token, ttl in milliseconds, result
-- Returns 'recorded' or 'lost'.
local now = clock(ARGV[1], ARGV[2])
local request = redis.call('HMGET', KEYS[1], 't', 'u', 's')
if request[1] ~= ARGV[3] or request[3] == 'a' or tonumber(request[2]) <= now then return 'lost' end
if request[3] == 'c' then
  local ends = after(now, ARGV[4])
  redis.call('HSET', KEYS[1], 'u', text(ends), 's', 'd', 'r', ARGV[5])
  expire(KEYS[1], now, ends)
end
return 'recorded'
