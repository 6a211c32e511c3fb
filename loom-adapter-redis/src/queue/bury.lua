-- Adds dead letters that no queue carried.
--
-- ARGV: for each letter its id, body, attempts, reason, and when it died as 8 bytes
for at = 1, #ARGV, 5 do bury(ARGV[at], ARGV[at + 1], tonumber(ARGV[at + 2]), ARGV[at + 3], ARGV[at + 4]) end
return 1
