-- Claims a request that is neither claimed nor done.
--
-- KEYS: request
-- ARGV: now, time source, ttl in milliseconds
-- Returns {'new', token}, {'running', until} or {'done', result}.
--
-- The request is a hash: t, the token of its claim; u, the end of what is remembered; s, 'c' claimed,
-- 'd' done, 'a' abandoned; r, the result. Redis forgets it an hour after its end; tokens are at least
-- the server's microseconds, so that those of a forgotten request do not come back.
local now, offset = clock(ARGV[1], ARGV[2])
local request = redis.call('HMGET', KEYS[1], 't', 'u', 's')
if request[1] and request[3] ~= 'a' and tonumber(request[2]) > now then
  if request[3] == 'd' then return {'done', redis.call('HGET', KEYS[1], 'r')} end
  return {'running', told(tonumber(request[2]), offset)}
end

local token = text(math.max(tonumber(request[1] or 0) + 1, micros()))
local ends = after(now, ARGV[3])
redis.call('HSET', KEYS[1], 't', token, 'u', text(ends), 's', 'c', 'r', '')
expire(KEYS[1], now, ends)
return {'new', token}
