import test from 'ava'
import { totalMemoryBytes } from '../../src/memory/total-memory.ts'

const MACHINE = 64_000_000_000

const total = test.macro((t, files: Record<string, string>, expected: number) => {
  t.is(
    totalMemoryBytes(path => files[path], MACHINE),
    expected,
  )
})
test('without cgroups it is the memory of the machine', total, {}, MACHINE)
test(
  'a cgroup v2 limit counts',
  total,
  { '/proc/self/cgroup': '0::/\n', '/sys/fs/cgroup/memory.max': '536870912\n' },
  536870912,
)
test(
  'max means no limit',
  total,
  { '/proc/self/cgroup': '0::/\n', '/sys/fs/cgroup/memory.max': 'max\n' },
  MACHINE,
)
test(
  'the least limit on the way up counts',
  total,
  {
    '/proc/self/cgroup': '0::/system.slice/parsec.service\n',
    '/sys/fs/cgroup/system.slice/parsec.service/memory.max': '900\n',
    '/sys/fs/cgroup/system.slice/memory.max': '500\n',
    '/sys/fs/cgroup/memory.max': 'max\n',
  },
  500,
)
test(
  'a cgroup v1 limit counts',
  total,
  {
    '/proc/self/cgroup': '5:cpu,cpuacct:/docker/x\n4:memory:/docker/x\n',
    '/sys/fs/cgroup/memory/docker/x/memory.limit_in_bytes': '700\n',
  },
  700,
)
test(
  'inside a v1 container the limit lies at the root',
  total,
  {
    '/proc/self/cgroup': '4:memory:/docker/x\n',
    '/sys/fs/cgroup/memory/memory.limit_in_bytes': '800\n',
  },
  800,
)
test(
  'the v1 way of saying no limit is more than the machine has',
  total,
  {
    '/proc/self/cgroup': '4:memory:/\n',
    '/sys/fs/cgroup/memory/memory.limit_in_bytes': '9223372036854771712\n',
  },
  MACHINE,
)

test('this machine has memory', t => {
  t.true(totalMemoryBytes() > 100e6)
})
