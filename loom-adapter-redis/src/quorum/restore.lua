-- Tells a server that forgot what the others remember.
--
-- KEYS: this server, names and who has them, when they end
-- ARGV: run, now, time source, ticket, 'clear', 'add' or 'finish', token, then name, proposal,
--       token, released, until of each lease
-- Returns {'done'}, or {'gone'} if it has forgotten again since, or somebody else tells it.
local ticket = ARGV[1] .. ' ' .. ARGV[4]
local server = redis.call('HMGET', KEYS[1], 'ticket', 'token')
if server[1] ~= ticket then return {'gone'} end
local now, offset = clock(ARGV[2], ARGV[3])

if ARGV[5] == 'clear' then redis.call('DEL', KEYS[2], KEYS[3]) end
for n = 7, #ARGV, 5 do
  write(ARGV[n], ARGV[n + 1], ARGV[n + 2], ARGV[n + 3], taken(ARGV[n + 4], offset))
end
if ARGV[5] == 'finish' then
  local token = math.max(tonumber(server[2] or 0), tonumber(ARGV[6]))
  redis.call('HSET', KEYS[1], 'run', ARGV[1], 'generation', ARGV[4], 'token', text(token))
  redis.call('HDEL', KEYS[1], 'ticket')
end
return {'done'}
