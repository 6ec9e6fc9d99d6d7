/** Shows how far a sweep is: a bar on a terminal, a line now and then elsewhere. */
import { Presets, SingleBar } from 'cli-progress';
import { formatSeconds } from './remaining-time.ts';

export interface Progress {
  start(total: number, done: number): void;
  /** @param etaSeconds time to go; undefined while it is unknown */
  update(done: number, etaSeconds: number | undefined): void;
  stop(): void;
}

export interface ProgressStream {
  readonly isTTY?: boolean | undefined;
  write(text: string): boolean;
}

/** The progress display that suits a stream. */
export function makeProgress(stream: ProgressStream & NodeJS.WritableStream): Progress {
  return stream.isTTY === true ? new BarProgress(stream) : new LineProgress(stream, () => performance.now() / 1000);
}

class BarProgress implements Progress {
  readonly #bar: SingleBar;

  constructor(stream: NodeJS.WritableStream) {
    const format = '{bar} {percentage} % | {value}/{total} trials | {remaining}';
    this.#bar = new SingleBar({ format, stream, barsize: 30, hideCursor: true, clearOnComplete: true, gracefulExit: false }, Presets.shades_classic);
  }

  start(total: number, done: number): void {
    this.#bar.start(total, done, { remaining: 'starting' });
  }

  update(done: number, etaSeconds: number | undefined): void {
    this.#bar.update(done, { remaining: etaText(etaSeconds) });
  }

  stop(): void {
    this.#bar.stop();
  }
}

/** Prints at the start, then at most every ten seconds or every tenth of the way, whichever is rarer, and at the end. */
export class LineProgress implements Progress {
  static readonly #everySeconds = 10;
  readonly #stream: ProgressStream;
  readonly #now: () => number;
  #total = 0;
  #lastTime = 0;
  #lastDone = 0;

  /** @param now seconds on any clock that does not go back */
  constructor(stream: ProgressStream, now: () => number) {
    this.#stream = stream;
    this.#now = now;
  }

  start(total: number, done: number): void {
    this.#total = total;
    this.#lastTime = this.#now();
    this.#lastDone = done;
    this.#stream.write(`${done}/${total} trials\n`);
  }

  update(done: number, etaSeconds: number | undefined): void {
    const now = this.#now();
    const due = now - this.#lastTime >= LineProgress.#everySeconds && done - this.#lastDone >= this.#total / 100;
    if (done < this.#total && !due) return;
    this.#lastTime = now;
    this.#lastDone = done;
    this.#stream.write(`${done}/${this.#total} trials${done === this.#total ? '' : `, ${etaText(etaSeconds)}`}\n`);
  }

  stop(): void {
    // Every line is complete as it is.
  }
}

function etaText(seconds: number | undefined): string {
  return seconds === undefined ? 'time to go unknown' : `${formatSeconds(seconds)} to go`;
}
