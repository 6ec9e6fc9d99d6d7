import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, truncateSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { SEGMENT_HEADER_BYTES } from '../../../experiments/segment-files/segment-file.ts';
import { SegmentFileStore } from '../../../experiments/segment-files/segment-file-store.ts';
import { OutputError } from '../../../experiments/writer/output-error.ts';
import { temporaryFolder } from '../temporary-folder.ts';
import { segmentContent } from './segment-content.ts';

const ROOT = resolve(import.meta.dirname, '../../..');
const WRITER = [process.execPath, '--import', 'tsx', 'test/experiments/segment-files/write-segments.ts'];
const pathOf = (folder: string, id: number): string => join(folder, (id % 256).toString(16).padStart(2, '0'), `${id.toString(16).padStart(14, '0')}.segment`);

function open(folder: string, capacityBytes = 1e9): SegmentFileStore {
  return new SegmentFileStore(folder, { capacityBytes });
}

describe('SegmentFileStore', () => {
  it('gives back what was written, now and after it is opened again, empty segments too', () => {
    const folder = temporaryFolder();
    let store = open(folder);
    for (const id of [0, 1, 300, 2 ** 45]) store.write(id, segmentContent(id, id % 1000));
    for (let round = 0; round < 2; round++) {
      for (const id of [0, 1, 300, 2 ** 45]) expect(store.read(id)).toEqual(segmentContent(id, id % 1000));
      expect([store.size, store.read(7), store.touch(7), store.touch(1)]).toEqual([4, undefined, -1, 0]);
      store.close();
      store = open(folder);
    }
    expect(store.remove(300)).toBe(true);
    expect([existsSync(pathOf(folder, 300)), store.remove(300), store.read(300)]).toEqual([false, false, undefined]);
    store.close();
  });

  it('evicts under its policy, deletes the files, keeps what is pinned, refuses what cannot fit', () => {
    const folder = temporaryFolder();
    const store = open(folder, 3 * (100 + SEGMENT_HEADER_BYTES));
    for (const id of [1, 2, 3]) store.write(id, segmentContent(id, 100));
    store.read(1);
    store.pin(2);
    expect(store.write(4, segmentContent(4, 100))).toMatchObject({ evictedBytes: 100 + SEGMENT_HEADER_BYTES });
    expect([1, 2, 3, 4].map((id) => [store.has(id), existsSync(pathOf(folder, id))])).toEqual([[true, true], [true, true], [false, false], [true, true]]);
    expect(store.write(5, segmentContent(5, 400))).toBeUndefined();
    store.unpin(2);
    store.close();
    // Opened with less room, it keeps the latest.
    const smaller = open(folder, 100 + SEGMENT_HEADER_BYTES);
    expect([smaller.size, smaller.has(4), readdirSync(join(folder, '01'))]).toEqual([1, true, []]);
    smaller.close();
  });

  it('never gives out damaged content: any byte changed, any length, another segment’s file, a folder in its place', () => {
    const folder = temporaryFolder();
    const damage = fc.oneof(
      fc.record({ kind: fc.constant('flip' as const), place: fc.nat({ max: 131 }), bit: fc.nat({ max: 7 }) }),
      fc.record({ kind: fc.constant('cut' as const), place: fc.nat({ max: 131 }), bit: fc.constant(0) }),
      fc.record({ kind: fc.constant('grow' as const), place: fc.constant(0), bit: fc.constant(0) }),
    );
    fc.assert(
      fc.property(damage, fc.boolean(), ({ kind, place, bit }, reopened) => {
        rmSync(folder, { recursive: true, force: true });
        let store = open(folder);
        store.write(9, segmentContent(9, 100));
        if (reopened) store.close();
        const file = readFileSync(pathOf(folder, 9));
        if (kind === 'flip') file[place] ^= 1 << bit;
        if (kind === 'cut') truncateSync(pathOf(folder, 9), place);
        else writeFileSync(pathOf(folder, 9), kind === 'grow' ? Buffer.concat([file, Buffer.of(0)]) : file);
        if (reopened) store = open(folder);
        // Bytes 5 to 7 and 28 to 31 are 0 and mean nothing; the first three of them are under the checksum.
        const harmless = kind === 'flip' && place >= 28 && place < 32;
        expect(store.read(9)).toEqual(harmless ? segmentContent(9, 100) : undefined);
        expect([store.counts.damaged, store.has(9)]).toEqual(harmless ? [0, true] : [1, false]);
        store.close();
      }),
      { seed: 1, numRuns: 60 },
    );
    const store = open(folder);
    for (const id of [1, 2, 3]) store.write(id, segmentContent(id, 50));
    writeFileSync(pathOf(folder, 2), readFileSync(pathOf(folder, 1)));
    rmSync(pathOf(folder, 3));
    rmSync(pathOf(folder, 1));
    mkdirSync(pathOf(folder, 1));
    const { damaged, missing } = store.counts;
    expect([store.read(1), store.read(2), store.read(3)]).toEqual([undefined, undefined, undefined]);
    expect([store.counts.damaged - damaged, store.counts.missing - missing]).toEqual([2, 1]);
    store.close();
  });

  it('is used by one process at a time', () => {
    const folder = temporaryFolder();
    const store = open(folder);
    expect(() => open(folder)).toThrow(/is in use by process/);
    store.close();
    open(folder).close();
  });

  it('killed with -9 while it writes, has every segment it said it had, whole, and no half of another', async () => {
    const folder = temporaryFolder();
    for (let kill = 0; kill < 3; kill++) {
      rmSync(folder, { recursive: true, force: true });
      const child = spawn(WRITER[0], [...WRITER.slice(1), folder, '300000'], { cwd: ROOT, stdio: ['ignore', 'pipe', 'inherit'] });
      let said = '';
      child.stdout.on('data', (text: Buffer) => (said += text.toString()));
      while (said.split('\n').length < 8 + 5 * kill) await new Promise((done) => setTimeout(done, 2));
      child.kill('SIGKILL');
      await once(child, 'exit');
      const ids = said.split('\n').slice(0, -1).map(Number);
      const store = open(folder);
      for (const id of ids) if (Buffer.compare(store.read(id)!, segmentContent(id, 300_000)) !== 0) expect(id).toBe('whole');
      // At most one was on the disk and not yet said.
      expect(store.size).toBeLessThanOrEqual(ids.length + 1);
      expect(readdirSync(folder, { recursive: true }).filter((name) => String(name).endsWith('.partial'))).toEqual([]);
      store.close();
    }
  });

  it.skipIf(process.platform === 'win32')('says in one line that there is no room, keeps nothing half-written, and goes on', () => {
    const folder = temporaryFolder();
    // A limit on the size of a file, in blocks of 1024 bytes, stands for a full disk: the segment is larger.
    const script = `
      import { SegmentFileStore } from './experiments/segment-files/segment-file-store.ts';
      const store = new SegmentFileStore(process.argv[1], { capacityBytes: 1e9 });
      try { store.write(1, new Uint8Array(100_000)); } catch (error) { console.log(error.name, error.full, error.message); }
      store.write(2, new Uint8Array(1000));
      console.log(store.size, store.has(1), store.read(2).length, store.usedBytes);`;
    const shell = `trap '' XFSZ; ulimit -f 16; exec "$@"`;
    const { stdout, stderr } = spawnSync('bash', ['-c', shell, 'bash', process.execPath, '--import', 'tsx', '--input-type=module', '-e', script, folder], { cwd: ROOT, encoding: 'utf8' });
    expect(stderr).toBe('');
    const [error, after] = stdout.trim().split('\n');
    expect(error).toMatch(/^OutputError true cannot write .*\.segment: the file would grow beyond the limit of this process$/);
    expect(after).toBe('1 false 1000 1032');
    expect(readdirSync(folder, { recursive: true }).filter((name) => String(name).includes('partial'))).toEqual([]);
  });

  it('refuses folders that cannot be, and ids that are none', () => {
    const folder = temporaryFolder();
    writeFileSync(join(folder, 'file'), '');
    expect(() => open(join(folder, 'file', 'store'))).toThrow(OutputError);
    const store = open(folder);
    for (const id of [-1, 1.5, NaN]) expect(() => store.write(id, new Uint8Array(1))).toThrow(/segment id is/);
    store.close();
  });
});
