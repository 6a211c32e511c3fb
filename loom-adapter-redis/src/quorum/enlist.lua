-- Says whether this server remembers, and if not, who is about to tell it.
--
-- KEYS: this server
-- ARGV: run, ticket
-- Returns {'remembers'} or {'forgot'}.
if redis.call('HGET', KEYS[1], 'run') == ARGV[1] then return {'remembers'} end
redis.call('HSET', KEYS[1], 'ticket', ARGV[1] .. ' ' .. ARGV[2])
return {'forgot'}
