-- Joins, or stays.
--
-- KEYS: details of hosts, ends of hosts
-- ARGV: now, time source, host, details, ttl in milliseconds
-- Returns 'joined' or 'stayed'.
local now = clock(ARGV[1], ARGV[2])
local ends = tonumber(redis.call('ZSCORE', KEYS[2], ARGV[3]) or 0)
-- Adds before it removes: no key goes and comes back.
redis.call('HSET', KEYS[1], ARGV[3], ARGV[4])
redis.call('ZADD', KEYS[2], text(after(now, ARGV[5])), ARGV[3])
-- Hosts that ended a day ago are forgotten, a few at a time.
local dead = redis.call('ZRANGEBYSCORE', KEYS[2], '-inf', text(now - 86400000), 'LIMIT', 0, 16)
for _, host in ipairs(dead) do
  redis.call('HDEL', KEYS[1], host)
  redis.call('ZREM', KEYS[2], host)
end
return ends > now and 'stayed' or 'joined'
