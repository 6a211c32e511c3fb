-- Says whether a turn was committed.
--
-- KEYS: tenure, journal, lives
-- ARGV: epoch, actor, expected incarnation, expected place, commit id
-- Returns {'fenced', epoch}, {'committed'}, {'absent'} or {'superseded', incarnation, last place}.
local greatest = fenced(KEYS[1], ARGV[1])
if greatest then return {'fenced', greatest} end

-- Whoever waits for replicas waits for the last write of its connection.
redis.call('HINCRBY', KEYS[1], 'w', 1)
local life, last = ends(KEYS[2], KEYS[3], ARGV[2])
local expected_life, expected = tonumber(ARGV[3]), tonumber(ARGV[4])
if commit_at(KEYS[2], expected + 1) == ARGV[5] then return {'committed'} end
-- Neither a journal that is still short of the place, nor one that ends just before it, rules out
-- that the turn arrives.
if expected_life > life or (expected_life == life and expected >= last) then return {'absent'} end
return {'superseded', text(life), text(last)}
