-- Deletes an actor and begins its next incarnation.
--
-- KEYS: tenure, timers, actors, lives, and the actor's journal, notes, timers and marks
-- ARGV: epoch, actor, expected incarnation, expected place
-- Returns {'fenced', epoch}, {'x', incarnation, last place} or {'c'}.
--
-- The ends of its marks stay for the sweep, which finds that they lead nowhere.
local greatest = fenced(KEYS[1], ARGV[1])
if greatest then return {'fenced', greatest} end

local life, last = ends(KEYS[5], KEYS[4], ARGV[2])
if life ~= tonumber(ARGV[3]) or last ~= tonumber(ARGV[4]) then
  return {'x', text(life), text(last)}
end
redis.call('HSET', KEYS[4], ARGV[2], text(life + 1))
local timers = redis.call('HGETALL', KEYS[7])
for index = 1, #timers, 2 do
  redis.call('ZREM', KEYS[2], timers[index + 1] .. ARGV[2] .. '\0' .. timers[index])
end
redis.call('ZREM', KEYS[3], ARGV[2])
redis.call('UNLINK', KEYS[5], KEYS[6], KEYS[7], KEYS[8])
return {'c'}
