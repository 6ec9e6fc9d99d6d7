/** Files that are either absent or whole: written beside their place, flushed to disk, then renamed. */
import { closeSync, fsyncSync, openSync, renameSync, rmSync, writeFileSync, writeSync } from 'node:fs';
import { dirname } from 'node:path';
import { PARTIAL_SUFFIX } from '../results/layout.ts';
import { writing } from './output-error.ts';

/** A file being written; nothing appears under its name before `commit`. */
export class AtomicFile {
  readonly #path: string;
  readonly #partial: string;
  readonly #descriptor: number;
  #closed = false;

  constructor(path: string) {
    this.#path = path;
    this.#partial = path + PARTIAL_SUFFIX;
    this.#descriptor = writing(path, () => openSync(this.#partial, 'w'));
  }

  append(bytes: Uint8Array): void {
    writing(this.#path, () => {
      writeFully(this.#descriptor, bytes);
    });
  }

  commit(): void {
    writing(this.#path, () => {
      fsyncSync(this.#descriptor);
      this.#close();
      renameSync(this.#partial, this.#path);
      flushFolder(dirname(this.#path));
    });
  }

  /** Gives up: the partial file is removed and what stood under the name stays. */
  abandon(): void {
    this.#close();
    rmSync(this.#partial, { force: true });
  }

  #close(): void {
    if (!this.#closed) closeSync(this.#descriptor);
    this.#closed = true;
  }
}

/** Writes a whole file at once. */
export function writeFileAtomic(path: string, content: string | Uint8Array): void {
  const file = new AtomicFile(path);
  try {
    file.append(typeof content === 'string' ? new TextEncoder().encode(content) : content);
    file.commit();
  } catch (error) {
    file.abandon();
    throw error;
  }
}

/**
 * Writes a file that is absent or whole as long as the system runs, without waiting for the disk: for content that carries
 * its own checksum, and can be made again where a power cut has damaged it.
 */
export function writeFileUnflushed(path: string, content: Uint8Array): void {
  writing(path, () => {
    try {
      writeFileSync(path + PARTIAL_SUFFIX, content);
    } catch (error) {
      rmSync(path + PARTIAL_SUFFIX, { force: true });
      throw error;
    }
    renameSync(path + PARTIAL_SUFFIX, path);
  });
}

/** `writeSync` may write less than it was given. */
export function writeFully(descriptor: number, bytes: Uint8Array): void {
  for (let offset = 0; offset < bytes.length; ) offset += writeSync(descriptor, bytes, offset);
}

/** Makes renames in a folder durable; where a platform cannot flush folders, the rename is as durable as it gets. */
function flushFolder(folder: string): void {
  let descriptor: number;
  try {
    descriptor = openSync(folder, 'r');
  } catch {
    return;
  }
  try {
    fsyncSync(descriptor);
  } catch {
    // EINVAL or EPERM: this file system does not flush folders.
  } finally {
    closeSync(descriptor);
  }
}
