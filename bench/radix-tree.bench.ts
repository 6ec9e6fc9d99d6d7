/** Speed and memory of the prefix index: lookups a second of 64-block prefixes, and bytes a block with ten million blocks cached. */
import { RadixTree } from '../protocols/prefix-routing/radix-tree.ts';
import { RandomStream } from '../sim/kernel/random-stream.ts';
import type { Bench } from './bench.ts';

const PATH_BLOCKS = 64;
const SHARED_BLOCKS = 32;
/** Prompts that share the first half of their blocks. */
const FAMILY = 8;
const LOOKUPS = 2_000_000;
/** Distinct prompts that are looked up, in turns. */
const ASKED = 10_000;

export const bench: Bench = {
  name: 'radix-tree',
  describe: 'lookups, insertions and evictions a processor second of 64-block prefixes, and bytes a block, by blocks cached',
  run() {
    console.log('blocks cached   nodes      MB    bytes/block   lookups/s    insertions/s   evicted blocks/s');
    for (const chained of [true, false]) {
      console.log(chained ? 'chained hashes, as routing has them' : 'ids of any kind');
      for (const blocks of [100_000, 1_000_000, 10_000_000]) measure(blocks, chained);
    }
    return Promise.resolve();
  },
};

/** Processor seconds that an action takes, in user code: what others do on the machine does not count. */
function seconds(action: () => void): number {
  const start = process.cpuUsage();
  action();
  return process.cpuUsage(start).user / 1e6;
}

/** Blocks of prompt p: half of them its family's, half its own; ids as large as hashes are, so that nothing is dense. */
function pathOf(prompt: number): Float64Array {
  const path = new Float64Array(PATH_BLOCKS);
  const family = Math.floor(prompt / FAMILY);
  for (let depth = 0; depth < PATH_BLOCKS; depth++) path[depth] = (depth < SHARED_BLOCKS ? 2 * family : 2 * prompt + 1) * 1024 + depth + 0x1_0000_0000;
  return path;
}

function measure(blocks: number, chained: boolean): void {
  const tree = new RadixTree({ chained });
  const perFamily = SHARED_BLOCKS + FAMILY * (PATH_BLOCKS - SHARED_BLOCKS);
  const prompts = Math.ceil(blocks / perFamily) * FAMILY;
  const insertS = seconds(() => {
    for (let prompt = 0; prompt < prompts; prompt++) tree.insert(pathOf(prompt));
  });
  const random = new RandomStream('bench/radix-tree');
  const asked = Array.from({ length: ASKED }, () => pathOf(random.integer(prompts)));
  let matched = 0;
  const lookupS = seconds(() => {
    for (let i = 0; i < LOOKUPS; i++) matched += tree.match(asked[i % asked.length]);
  });
  if (matched !== LOOKUPS * PATH_BLOCKS) throw new Error(`${matched} blocks matched; expected all ${LOOKUPS * PATH_BLOCKS}`);
  const { byteLength, nodes, blocks: held } = tree;
  const evicted = Math.floor(held / 10);
  const evictS = seconds(() => { tree.evict(evicted); });
  const per = (count: number, s: number): string => Math.round(count / s).toLocaleString('en').padStart(14);
  console.log(`${held.toLocaleString('en').padStart(13)} ${nodes.toLocaleString('en').padStart(9)} ${(byteLength / 1e6).toFixed(1).padStart(7)} ${(byteLength / held).toFixed(1).padStart(12)} ${per(LOOKUPS, lookupS)} ${per(prompts, insertS)} ${per(evicted, evictS)}`);
}
