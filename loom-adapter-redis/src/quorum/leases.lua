-- Tells a page of leases.
--
-- KEYS: this server, names and who has them, when they end
-- ARGV: run, now, time source, 'remembers' or 'any', cursor
-- Returns {'leases', next cursor, {name, proposal, token, released, until, ...}} or {'forgot'}.
if ARGV[4] == 'remembers' and redis.call('HGET', KEYS[1], 'run') ~= ARGV[1] then
  return {'forgot'}
end
local now, offset = clock(ARGV[2], ARGV[3])
local page = redis.call('HSCAN', KEYS[2], ARGV[5], 'COUNT', 200)
local leases = {}
for n = 1, #page[2], 2 do
  local name = page[2][n]
  local proposal, token, released, ends = record(name)
  if token == '0' then proposal = '-' end
  for _, part in ipairs({name, proposal, token, released, told(ends, offset)}) do
    table.insert(leases, part)
  end
end
return {'leases', page[1], leases}
