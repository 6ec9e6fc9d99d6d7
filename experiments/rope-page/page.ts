/** The browser's part: runs kernels and benchmark in every WebGL mode and shows what came of it. */
import type { GpuLibrary } from '../../kv/rope/gpu-library.ts';
import { measureDevice } from './measure-device.ts';
import type { DeviceReport } from './measure-device.ts';

/** What a script that drives the page reads. */
export interface PageResult {
  readonly userAgent: string;
  readonly reports: readonly DeviceReport[];
}

/** The few things of a browser that are used here. */
interface BrowserElement {
  textContent: string | null;
  className: string;
  append(...nodes: (BrowserElement | string)[]): void;
}
interface Browser {
  readonly document: { getElementById(id: string): BrowserElement | null; createElement(name: string): BrowserElement };
  readonly location: { readonly search: string };
  readonly navigator: { readonly userAgent: string };
  readonly GPU: GpuLibrary;
  ropeResult?: PageResult;
}

const browser = globalThis as unknown as Browser;
const query = new URLSearchParams(browser.location.search);
/** `?quick` runs the checks and one small batch: enough for a test on a software device. */
const quick = query.has('quick');
const megabytes = (query.get('mb') ?? (quick ? '1' : '4,16,64,256')).split(',').map(Number);

const element = (name: string, text: string, className = ''): BrowserElement => {
  const made = browser.document.createElement(name);
  made.textContent = text;
  made.className = className;
  return made;
};
const row = (cells: readonly string[], tag = 'td'): BrowserElement => {
  const line = browser.document.createElement('tr');
  line.append(...cells.map((cell) => element(tag, cell)));
  return line;
};
const show = (bytesPerSecond: number): string => (bytesPerSecond / 1e9).toFixed(2);

function showReport(report: DeviceReport): void {
  const results = browser.document.getElementById('results')!;
  results.append(element('h2', `Mode ${report.mode}`));
  if (report.error !== undefined) {
    results.append(element('p', report.error, 'bad'));
    return;
  }
  results.append(element('p', `${report.kernelClass} on ${report.renderer}; textures up to ${report.maxTextureSize} × ${report.maxTextureSize}`, 'note'));
  const errors = browser.document.createElement('table');
  errors.append(row(['shift', 'largest error, binary32', 'through fp16'], 'th'), ...report.errors.map((e) => row([String(e.shift), e.float32.toExponential(1), e.half.toExponential(1)])));
  results.append(element('h3', 'Error against prefilling at the true positions'), errors);
  const speed = browser.document.createElement('table');
  speed.append(
    row(['keys, MB', 'head', 'rotate, GB/s', 'copy, GB/s', 'ratio', 'dispatch, ms', 'upload, ms', 'read back, ms'], 'th'),
    ...report.speeds.map((s) =>
      row([String(s.megabytes), String(s.headDim), show(s.rotateBytesPerSecond), show(s.copyBytesPerSecond), (s.rotateBytesPerSecond / s.copyBytesPerSecond).toFixed(2), s.dispatchMs.toFixed(3), s.uploadMs.toFixed(1), s.downloadMs.toFixed(1)]),
    ),
  );
  results.append(element('h3', 'Speed: bytes of keys a second, counted once'), speed);
}

const status = browser.document.getElementById('status')!;
const reports: DeviceReport[] = [];
for (const mode of ['webgl2', 'webgl'] as const) {
  status.textContent = `Running ${mode}…`;
  // Lets the browser paint before a long run.
  await new Promise((resolve) => setTimeout(resolve, 30));
  const report = measureDevice(browser.GPU, mode, { megabytes, headDims: quick ? [128] : [64, 128], seconds: quick ? 0.05 : 0.5, now: () => performance.now() });
  reports.push(report);
  showReport(report);
}
status.textContent = 'Done.';
browser.ropeResult = { userAgent: browser.navigator.userAgent, reports };
