-- Tells the greatest token, and ends what was taken and not confirmed: whoever took it computed
-- its token without what the server that forgot may have known.
--
-- KEYS: this server
-- ARGV: run, ticket, 'remembers' or 'any'
-- Returns {'token', token} or {'forgot'}.
local server = redis.call('HMGET', KEYS[1], 'run', 'token')
if ARGV[3] == 'remembers' and server[1] ~= ARGV[1] then return {'forgot'} end
redis.call('HSET', KEYS[1], 'generation', ARGV[2])
return {'token', server[2] or '0'}
