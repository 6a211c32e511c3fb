-- Leaves at once.
--
-- KEYS: details of hosts, ends of hosts
-- ARGV: host
redis.call('HDEL', KEYS[1], ARGV[1])
redis.call('ZREM', KEYS[2], ARGV[1])
return 'done'
