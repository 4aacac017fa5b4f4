#!lua name=bliss_data

-- The changes that touch several keys, each made whole and only once however often it is sent.

-- An empty stream: one that is gone later is noticed by XADD … NOMKSTREAM.
local function make_stream(key)
  redis.call('XGROUP', 'CREATE', key, 'made', '0', 'MKSTREAM')
  redis.call('XGROUP', 'DESTROY', key, 'made')
end

-- Creates a node and announces it to its parent.
--   KEYS  node, its info, the parent's node and children list, the set it is filed in, the streams
--         it needs (a session has only the first two)
--   ARGV  name, db_name, node_type, parent, version, then field and value of the info, in turn
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
  for i = 6, #args, 2 do
    redis.call('HSET', keys[2], args[i], args[i + 1])
  end
  for i = 6, #keys do
    make_stream(keys[i])
  end
  if keys[3] then
    local number = redis.call('HINCRBY', keys[3], 'children', 1)
    redis.call('XADD', keys[4], number .. '-0', 'db_name', args[2], 'node_type', args[3])
    redis.call('SADD', keys[5], args[2])
  end
  return 1
end

-- Ends a scan; the first END wins.  Works on a full server, as it makes room for others' data.
--   KEYS  the scan's end stream, node and info, the session's set of unfinished scans
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
  return 1
end

redis.register_function{function_name='bliss_new_node', callback=new_node}
redis.register_function{function_name='bliss_end_scan', callback=end_scan, flags={'allow-oom'}}
