#!lua name=bliss_data

-- The changes that touch several keys, each made whole and only once however often it is sent.

-- An empty stream: one that is gone later is noticed by XADD … NOMKSTREAM.  It has a group for
-- each required consumer, whose position says what that one has; a full server makes no groups.
local function make_stream(key, consumers)
  redis.call('XGROUP', 'CREATE', key, 'made', '0', 'MKSTREAM')
  redis.call('XGROUP', 'DESTROY', key, 'made')
  for _, consumer in ipairs(consumers) do
    redis.call('XGROUP', 'CREATE', key, consumer, '0')
  end
end

-- The number of a node's next child: in a scan 1, 2, ..., so that one that is missing is noticed.
-- Above, at least the time in ms: a container that comes again after it was deleted, or a replica
-- that takes the place of a server before it knew the last ones, goes on with larger numbers.
local function next_number(node)
  local number = (redis.call('HGET', node, 'children') or 0) + 1
  local node_type = redis.call('HGET', node, 'node_type')
  if node_type == 'session' or node_type == 'container' then
    local time = redis.call('TIME')
    number = math.max(number, time[1] * 1000 + math.floor(time[2] / 1000))
  end
  local text = string.format('%d', number)
  redis.call('HSET', node, 'children', text)
  return text
end

-- Creates a node and announces it to its parent.
--   KEYS  node, its info, the parent's node and children list, the set it is filed in, the streams
--         it needs (a session has only the first two)
--   ARGV  name, db_name, node_type, parent, version, number of required consumers, their names,
--         then field and value of the info, in turn
-- Returns 1, or 0 if the node was there.
local function new_node(keys, args)
  if redis.call('EXISTS', keys[1]) == 1 then
    return 0
  end
  if keys[3] and redis.call('EXISTS', keys[3]) == 0 then
    return redis.error_reply('NOPARENT ' .. keys[3])
  end
  redis.call('HSET', keys[1], 'name', args[1], 'db_name', args[2], 'node_type', args[3],
    'parent', args[4], 'version', args[5])
  local consumers = {unpack(args, 7, 6 + args[6])}
  for i = 7 + args[6], #args, 2 do
    redis.call('HSET', keys[2], args[i], args[i + 1])
  end
  for i = 6, #keys do
    make_stream(keys[i], consumers)
  end
  if keys[3] then
    redis.call('XADD', keys[4], next_number(keys[3]) .. '-0', 'db_name', args[2], 'node_type', args[3])
    redis.call('SADD', keys[5], args[2])
  end
  return 1
end

-- Ends a scan; the first END wins.  Works on a full server, as it makes room for others' data.
--   KEYS  the scan's end stream, node and info, the session's sets of unfinished and of ended scans
--   ARGV  db_name, time, outcome, reason, then field and value of the info, in turn
-- Returns 1, or 0 if the scan had ended or is gone.
local function end_scan(keys, args)
  redis.call('SREM', keys[4], args[1])
  if redis.call('EXISTS', keys[1]) == 1 or redis.call('EXISTS', keys[2]) == 0 then
    return 0
  end
  for i = 5, #args, 2 do
    redis.call('HSET', keys[3], args[i], args[i + 1])
  end
  redis.call('XADD', keys[1], '1-0', 'time', args[2], 'outcome', args[3], 'reason', args[4])
  redis.call('SADD', keys[5], args[1])
  return 1
end

redis.register_function{function_name='bliss_new_node', callback=new_node}
redis.register_function{function_name='bliss_end_scan', callback=end_scan, flags={'allow-oom'}}
