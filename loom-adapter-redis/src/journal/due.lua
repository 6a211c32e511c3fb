-- Timers that are due, and the first that is not among them.
--
-- KEYS: timers
-- ARGV: the bound of what is due, the most timers
-- Returns {the next or '', the timers}.
local due = redis.call('ZRANGEBYLEX', KEYS[1], '-', ARGV[1], 'LIMIT', 0, ARGV[2])
local after = #due == 0 and '-' or '(' .. due[#due]
local rest = redis.call('ZRANGEBYLEX', KEYS[1], after, '+', 'LIMIT', 0, 1)
return {rest[1] or '', due}
