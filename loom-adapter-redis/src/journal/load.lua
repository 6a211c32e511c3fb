-- Reads what is needed to activate an actor, and notes for which message.
--
-- KEYS: tenure, journal, notes, lives
-- ARGV: epoch, actor, cause or '', how long a note is kept in milliseconds, the place to go on at or
--   0, the most records, their most bytes
-- Returns {'fenced', epoch} or {'loaded', incarnation, last place, attempts, first place of these
--   records, the records}. What is there ends at the last place, or is the part that fits: at least
--   one record.
local greatest = fenced(KEYS[1], ARGV[1])
if greatest then return {'fenced', greatest} end

local attempts = 0
if ARGV[3] ~= '' then
  attempts = redis.call('HINCRBY', KEYS[3], ARGV[3], 1)
  redis.call('PEXPIRE', KEYS[3], ARGV[4])
end
local life, last, snapshot, first = ends(KEYS[2], KEYS[4], ARGV[2])
local from = math.max(tonumber(ARGV[5]), snapshot, first)
local loaded, bytes = {'loaded', text(life), text(last), attempts, text(from)}, 0
for place = from, math.min(last, from + tonumber(ARGV[6]) - 1) do
  local record = redis.call('HGET', KEYS[2], big(place))
  if not record then return {'corrupt'} end
  loaded[#loaded + 1] = record
  bytes = bytes + #record
  if bytes >= tonumber(ARGV[7]) then break end
end
return loaded
