-- Renews or releases a lease, or undoes what a proposal did.
--
-- KEYS: this server, names and who has them, when they end
-- ARGV: run, now, time source, name, 'renew', 'release' or 'undo', token or proposal, ttl in
--       milliseconds
-- Returns {'held'}, {'lost'}, {'released'} or {'forgot'}.
if redis.call('HGET', KEYS[1], 'run') ~= ARGV[1] then return {'forgot'} end
local proposal, token, released, ends = record(ARGV[4])
local whose = token
if ARGV[5] == 'undo' then whose = proposal end
if proposal == '-' or whose ~= ARGV[6] then return {'lost'} end
local now = clock(ARGV[2], ARGV[3])

if ARGV[5] == 'renew' then
  if ends <= now then return {'lost'} end
  write(ARGV[4], proposal, token, released, after(now, ARGV[7]))
  return {'held'}
end
-- What is undone may have been confirmed here, and will never be held either.
if tonumber(token) > tonumber(released) then released = token end
if ends == FOREVER then ends = micros() / 1000 + DAY end
write(ARGV[4], '-', '0', released, math.floor(ends))
return {'released'}
