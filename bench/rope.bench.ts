/** Speed and error of moving cached keys, by mode, batch and head size. */
import { writeFileSync } from 'node:fs';
import { cpus } from 'node:os';
import yargs from 'yargs';
import { keyErrors } from '../experiments/rope-page/key-errors.ts';
import { ERROR_SHIFTS, measureDevice } from '../experiments/rope-page/measure-device.ts';
import type { DeviceReport } from '../experiments/rope-page/measure-device.ts';
import { roundToHalf } from '../kv/codecs/half.ts';
import { openLoopRope } from '../kv/rope/gpu-backend.ts';
import type { GpuLibrary } from '../kv/rope/gpu-library.ts';
import type { KeyLayout, PositionShift } from '../kv/rope/key-layout.ts';
import type { RopeBackend } from '../kv/rope/rope-backend.ts';
import { plainRope } from '../kv/rope/rope-spec.ts';
import { openSimdRope } from '../kv/rope/simd-rope.ts';
import { rotateInPlace, typescriptRope } from '../kv/rope/typescript-backend.ts';
import type { Bench } from './bench.ts';

/** Speed of one CPU mode on one batch. Bytes count the keys once, though they are read and written. */
interface LoopSpeed {
  readonly mode: string;
  readonly kernelClass: string;
  readonly headDim: number;
  readonly megabytes: number;
  readonly bytesPerSecond: number;
  /** Against copying the same bytes in memory, in the same run. */
  readonly ofCopy: number;
}

interface RopeReport {
  readonly processor: string;
  readonly node: string;
  readonly copies: readonly { readonly megabytes: number; readonly bytesPerSecond: number }[];
  readonly loops: readonly LoopSpeed[];
  /** Time of a call that rotates one token: tables, argument passing, launch. */
  readonly callMs: Readonly<Record<string, number>>;
  readonly errors: Readonly<Record<string, readonly { readonly shift: number; readonly float32: number; readonly half: number }[]>>;
  readonly devices: readonly DeviceReport[];
}

/** What a simulation config names for the speed of re-positioning on a device. */
interface RopeProfile {
  readonly format: 'p2p-ragcache rope profile 1';
  readonly device: string;
  readonly mode: string;
  readonly kernelClass: string;
  /** Bytes of keys rotated a second, counted once, on the largest batch measured. */
  readonly keyBytesPerSecond: number;
  readonly copyBytesPerSecond: number;
  readonly dispatchSeconds: number;
  readonly batchBytes: number;
}

export const bench: Bench = {
  name: 'rope',
  describe: 'rotating cached keys: GB/s of keys by mode, batch and head size, against memory copy; error by precision and shift',
  async run(args) {
    const options = await yargs(args)
      .scriptName('npm run bench -- rope')
      .option('mb', { type: 'string', default: '1,16,64', describe: 'batch sizes in MB' })
      .option('heads', { type: 'string', default: '64,128', describe: 'head sizes' })
      .option('seconds', { type: 'number', default: 0.5, describe: 'shortest time for each number' })
      .option('browser', { type: 'boolean', default: false, describe: 'also webgl2 and webgl in headless Chromium' })
      .option('gl', { choices: ['software', 'hardware'] as const, default: 'software' as const, describe: 'graphics of the headless browser' })
      .option('json', { type: 'string', describe: 'file for the numbers' })
      .option('profile', { type: 'string', describe: 'file for the profile of the fastest graphics mode, or of the fastest mode where there is none' })
      .strict()
      .parseAsync();
    const megabytes = options.mb.split(',').map(Number);
    const headDims = options.heads.split(',').map(Number);
    const report = await measure(megabytes, headDims, options.seconds, options.browser ? options.gl : undefined);
    print(report);
    if (options.json !== undefined) writeFileSync(options.json, `${JSON.stringify(report, undefined, 1)}\n`);
    if (options.profile !== undefined) writeFileSync(options.profile, `${JSON.stringify(profileOf(report), undefined, 1)}\n`);
  },
};

async function measure(megabytes: readonly number[], headDims: readonly number[], seconds: number, browserGl: 'software' | 'hardware' | undefined): Promise<RopeReport> {
  const library = (await import('gpu.js')).default as unknown as GpuLibrary;
  const simd = openSimdRope();
  const backends: RopeBackend[] = [simd, typescriptRope, openLoopRope(library, 'cpu')];
  if (library.WebAssemblyKernel.isSupported) backends.push(openLoopRope(library, 'webasm'));
  const copies = megabytes.map((size) => {
    const from = batch(128, size).keys;
    const to = new Float32Array(from.length);
    const perRun = timed(() => {
      to.set(from);
    }, seconds);
    return { megabytes: size, bytesPerSecond: from.byteLength / perRun };
  });
  const loops: LoopSpeed[] = [];
  for (const headDim of headDims) {
    const spec = plainRope(headDim, 'neox');
    megabytes.forEach((size, i) => {
      const { keys, layout, shifts } = batch(headDim, size);
      const add = (mode: string, kernelClass: string, run: () => void): void => {
        const bytesPerSecond = keys.byteLength / timed(run, seconds);
        loops.push({ mode, kernelClass, headDim, megabytes: size, bytesPerSecond, ofCopy: bytesPerSecond / copies[i].bytesPerSecond });
      };
      add('simd, in place', simd.kernelClass, () => {
        simd.rotateInPlace(keys, layout, spec, shifts);
      });
      add('typescript, in place', 'TypeScript', () => {
        rotateInPlace(keys, layout, spec, shifts);
      });
      for (const backend of backends) add(backend.mode, backend.kernelClass, () => backend.rotate(keys, layout, spec, shifts));
    });
  }
  const callMs: Record<string, number> = {};
  const errors: Record<string, ReturnType<typeof keyErrors>[]> = {};
  const one: KeyLayout = { outer: 1, tokens: 1, inner: 1, headDim: 128 };
  for (const backend of backends) {
    const keys = new Float32Array(128);
    callMs[backend.mode] = 1000 * timed(() => backend.rotate(keys, one, plainRope(128, 'neox'), [{ start: 0, tokens: 1, shift: 1 }]), seconds);
    errors[backend.mode] = ERROR_SHIFTS.map((shift) => keyErrors(backend, shift, roundToHalf));
    backend.destroy();
  }
  const devices: DeviceReport[] = [measureDevice(library, 'headlessgl', { megabytes, headDims, seconds, now: () => performance.now() })];
  if (browserGl !== undefined) devices.push(...(await measureInBrowser(megabytes, browserGl)));
  return { processor: cpus()[0]?.model.trim() ?? 'unknown processor', node: process.version, copies, loops, callMs, errors, devices };
}

async function measureInBrowser(megabytes: readonly number[], gl: 'software' | 'hardware'): Promise<readonly DeviceReport[]> {
  const { HARDWARE_GL, runRopePage, SOFTWARE_GL } = await import('../experiments/rope-page/chromium.ts');
  const { startRopePage } = await import('../experiments/rope-page/server.ts');
  const server = await startRopePage();
  try {
    const result = await runRopePage(`${server.url}?mb=${megabytes.join(',')}`, { gl: gl === 'software' ? SOFTWARE_GL : HARDWARE_GL, timeoutMs: 600_000 });
    return result.reports;
  } finally {
    await server.close();
  }
}

/** Keys of eight chunks, each to be moved by another distance, in layer, token, head order. */
function batch(headDim: number, megabytes: number): { keys: Float32Array; layout: KeyLayout; shifts: PositionShift[] } {
  const layout: KeyLayout = { outer: 4, tokens: Math.max(8, Math.round((megabytes * 1e6) / (4 * 4 * 8 * headDim))), inner: 8, headDim };
  const keys = Float32Array.from({ length: layout.outer * layout.tokens * layout.inner * headDim }, (_, i) => ((i * 2654435761) % 1000) / 500 - 1);
  const per = Math.floor(layout.tokens / 8);
  return { keys, layout, shifts: Array.from({ length: 8 }, (_, c) => ({ start: c * per, tokens: per, shift: 512 * c + 1 })) };
}

/**
 * Processor seconds a run: the median of five stretches, after one run to warm up. Processor time, not the clock's: on a machine that others use
 * too, it says what one core does; copies and loops here wait for nothing.
 */
function timed(run: () => unknown, seconds: number): number {
  const used = (): number => {
    const { user, system } = process.cpuUsage();
    return (user + system) / 1e6;
  };
  run();
  const stretches = Array.from({ length: 5 }, () => {
    const start = used();
    let count = 0;
    do {
      run();
      count++;
    } while (used() - start < seconds / 5);
    return (used() - start) / count;
  });
  return stretches.toSorted((a, b) => a - b)[2];
}

function print(report: RopeReport): void {
  const gigabytes = (bytesPerSecond: number): string => (bytesPerSecond / 1e9).toFixed(2).padStart(6);
  console.log(`${report.processor}, Node ${report.node}; GB of keys, counted once, a second of one core; in brackets, of memory copy in the same run`);
  for (const { megabytes, bytesPerSecond } of report.copies) console.log(`memory copy           ${String(megabytes).padStart(5)} MB            ${gigabytes(bytesPerSecond)}`);
  for (const loop of report.loops) {
    console.log(`${loop.mode.padEnd(21)} ${String(loop.megabytes).padStart(5)} MB  head ${String(loop.headDim).padStart(3)}  ${gigabytes(loop.bytesPerSecond)} (${loop.ofCopy.toFixed(2)})`);
  }
  for (const [mode, ms] of Object.entries(report.callMs)) console.log(`one token, ${mode}: ${ms.toFixed(3)} ms a call`);
  for (const [mode, errors] of Object.entries(report.errors)) {
    console.log(`largest error, ${mode}: ${errors.map((e) => `${e.float32.toExponential(1)} (fp16 ${e.half.toExponential(1)}) at ${e.shift}`).join(', ')}`);
  }
  for (const device of report.devices) {
    if (device.error !== undefined) {
      console.log(`${device.mode}: not measured: ${device.error}`);
      continue;
    }
    console.log(`${device.mode}: ${device.kernelClass} on ${device.renderer}`);
    for (const s of device.speeds) {
      console.log(
        `  ${String(s.megabytes).padStart(6)} MB  head ${String(s.headDim).padStart(3)}  rotate ${gigabytes(s.rotateBytesPerSecond)}, copy ${gigabytes(s.copyBytesPerSecond)} GB/s on the device (${(s.rotateBytesPerSecond / s.copyBytesPerSecond).toFixed(2)}); dispatch ${s.dispatchMs.toFixed(3)}, upload ${s.uploadMs.toFixed(1)}, read back ${s.downloadMs.toFixed(1)} ms`,
      );
    }
    console.log(`  largest error: ${device.errors.map((e) => `${e.float32.toExponential(1)} (fp16 ${e.half.toExponential(1)}) at ${e.shift}`).join(', ')}`);
  }
}

function profileOf(report: RopeReport): RopeProfile {
  const shaders = report.devices.flatMap((device) =>
    device.speeds.map((speed): RopeProfile => ({
      format: 'p2p-ragcache rope profile 1', device: device.renderer, mode: device.mode, kernelClass: device.kernelClass, keyBytesPerSecond: speed.rotateBytesPerSecond,
      copyBytesPerSecond: speed.copyBytesPerSecond, dispatchSeconds: speed.dispatchMs / 1000, batchBytes: speed.megabytes * 1e6,
    })),
  );
  const loops = report.loops.map((loop): RopeProfile => ({
    format: 'p2p-ragcache rope profile 1', device: report.processor, mode: loop.mode, kernelClass: loop.kernelClass, keyBytesPerSecond: loop.bytesPerSecond,
    copyBytesPerSecond: loop.bytesPerSecond / loop.ofCopy, dispatchSeconds: (report.callMs[loop.mode.replace(/,.*/, '')] ?? 0) / 1000, batchBytes: loop.megabytes * 1e6,
  }));
  const candidates = shaders.length > 0 ? shaders : loops;
  const largest = Math.max(...candidates.map((candidate) => candidate.batchBytes));
  return candidates.filter((candidate) => candidate.batchBytes === largest).reduce((best, candidate) => (candidate.keyBytesPerSecond > best.keyBytesPerSecond ? candidate : best));
}
