-- Makes a lease of what a proposal took, and remembers its token.
--
-- KEYS: this server, names and who has them, when they end
-- ARGV: run, now, time source, name, proposal, generation, token, ttl in milliseconds
-- Returns {'held'}; {'gone'} if somebody else has taken the name, or if servers were asked since
-- what they remember; or {'forgot'}.
--
-- That the time to confirm is over does no harm as long as nobody else has taken the name.
local server = redis.call('HMGET', KEYS[1], 'run', 'generation', 'token')
if server[1] ~= ARGV[1] then return {'forgot'} end
if server[2] ~= ARGV[6] then return {'gone'} end
local proposal, token, released = record(ARGV[4])
if proposal ~= ARGV[5] or token ~= '0' then return {'gone'} end
local now = clock(ARGV[2], ARGV[3])

if tonumber(ARGV[7]) > tonumber(server[3]) then redis.call('HSET', KEYS[1], 'token', ARGV[7]) end
write(ARGV[4], proposal, ARGV[7], released, after(now, ARGV[8]))
return {'held'}
