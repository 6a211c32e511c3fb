-- Gives up a claim. Its token is remembered for a moment, so that the next one is greater.
--
-- KEYS: request
-- ARGV: token
local request = redis.call('HMGET', KEYS[1], 't', 's')
if request[1] == ARGV[1] and request[2] == 'c' then
  redis.call('HSET', KEYS[1], 's', 'a')
  redis.call('PEXPIRE', KEYS[1], 60000)
end
return 'done'
