-- Puts a dead letter back at the end of its queue, or removes it.
--
-- ARGV: id, 'replay' or 'purge', now, time source, channel of the bell, name of the queue
-- Returns 1 done or 0 not there.
local body = unbury(ARGV[1])
if not body then return 0 end
if ARGV[2] == 'replay' then
  local now = clock(ARGV[3], ARGV[4])
  local all_woken = wake(now)
  accept(ARGV[1] .. '\0' .. body, 0, '', now, now, all_woken)
  redis.call('PUBLISH', ARGV[5], ARGV[6])
end
finish()
return 1
