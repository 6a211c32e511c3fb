-- Reads records for people.
--
-- KEYS: journal
-- ARGV: from which place, the most records
-- Returns {first place of these records, last place of the journal, the records}.
local found = redis.call('HGET', KEYS[1], 'h')
if not found then return {'0', '0', {}} end
local _, last, _, first = struct.unpack('>I8I8I8I8', found)
local from, places = math.max(tonumber(ARGV[1]), first), {}
for place = from, math.min(last, from + tonumber(ARGV[2]) - 1) do
  places[#places + 1] = struct.pack('>I8', place)
end
local records = {}
for index = 1, #places, 1000 do
  local some = redis.call('HMGET', KEYS[1], unpack(places, index, math.min(index + 999, #places)))
  for _, record in ipairs(some) do records[#records + 1] = record end
end
return {string.format('%.0f', from), string.format('%.0f', last), records}
