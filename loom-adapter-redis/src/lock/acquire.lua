-- Takes a lock that is free or whose lease has ended.
--
-- KEYS: counter of tokens, lock
-- ARGV: now, time source, owner, ttl in milliseconds
-- Returns {'held', token, until} or {'busy', until}.
--
-- One counter serves many locks, so that a lock need not be remembered once it is released. Tokens
-- are at least the server's microseconds, so that they do not come back when a failover has
-- forgotten the last ones.
local now, offset = clock(ARGV[1], ARGV[2])
local _, ends = find(KEYS[2])
if ends and ends > now then return {'busy', told(ends, offset)} end

local token = text(math.max(tonumber(redis.call('GET', KEYS[1]) or 0) + 1, micros()))
ends = after(now, ARGV[4])
redis.call('SET', KEYS[1], token)
keep(KEYS[2], now, token, ends, ARGV[3])
return {'held', token, told(ends, offset)}
