/** A real store: segments as files in a folder, bounded in bytes, under any eviction policy. */
import { readdirSync, rmSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { evictionPolicy } from '../../protocols/store/eviction-policies.ts';
import type { EvictionPolicyName } from '../../protocols/store/eviction-policies.ts';
import { TieredStore } from '../../protocols/store/tiered-store.ts';
import type { WriteEffect } from '../../protocols/store/tiering.ts';
import { makeFolder } from '../files/make-folder.ts';
import { PARTIAL_SUFFIX } from '../results/layout.ts';
import { FolderLock } from '../writer/folder-lock.ts';
import { writing } from '../writer/output-error.ts';
import { readSegmentFile, SEGMENT_HEADER_BYTES, segmentFileFlaw, writeSegmentFile } from './segment-file.ts';

export interface SegmentFileStoreOptions {
  /** Bytes of files, headers included. */
  readonly capacityBytes: number;
  readonly policy?: EvictionPolicyName;
}

/** What went wrong on the disk since the store was opened. */
export interface SegmentFileCounts {
  /** Files left half-written by a process that was killed, removed at start. */
  partial: number;
  /** Segments whose bytes were not those written, removed. */
  damaged: number;
  /** Segments whose file had gone. */
  missing: number;
}

const FOLDERS = 256;
const SUFFIX = '.segment';

/**
 * The simulated store's interface over real files: the same books (`TieredStore`, one tier), so the same policies, pins and refusals; and content.
 *
 * - A write is on the disk when `write` returns, and is either there or not, whenever the process is killed.
 * - A read is checked from the first byte to the last: content that is not what was written is never given out; the segment counts as absent from then on.
 * - Where the disk is full, `write` throws OutputError (`full` is true), and the store goes on without that segment.
 * - One process at a time: the folder is locked; the lock of a process that was killed is taken over.
 */
export class SegmentFileStore {
  readonly counts: SegmentFileCounts = { partial: 0, damaged: 0, missing: 0 };
  readonly #folder: string;
  readonly #store: TieredStore;
  readonly #lock: FolderLock;

  /**
   * Opens the folder, made if it is missing, with the segments that lie in it, most recently written last to go.
   * Throws OutputError where the folder cannot be used or another process has it.
   */
  constructor(folder: string, { capacityBytes, policy = 'lru' }: SegmentFileStoreOptions) {
    this.#folder = folder;
    this.#store = new TieredStore([{ name: folder, capacityBytes }], (tier) => evictionPolicy(policy, tier), (id) => { this.#delete(id); });
    writing(folder, () => { makeFolder(folder); });
    this.#lock = FolderLock.acquire(folder);
    try {
      this.#recover();
    } catch (error) {
      this.#lock.release();
      throw error;
    }
  }

  /** Segments held. */
  get size(): number {
    return this.#store.size;
  }

  /** Bytes of files. */
  get usedBytes(): number {
    return this.#store.usedBytes(0);
  }

  has(id: number): boolean {
    return this.#store.has(id);
  }

  /** Notes a read without reading. 0, the only tier, or -1 when the segment is absent. */
  touch(id: number): number {
    return this.#store.touch(id);
  }

  /** Keeps the segment until `unpin`; pins nest. */
  pin(id: number): void {
    this.#store.pin(id);
  }

  unpin(id: number): void {
    this.#store.unpin(id);
  }

  /** The content, checked; undefined when it is absent, or was found missing or damaged just now. */
  read(id: number): Uint8Array | undefined {
    if (this.#store.touch(id) < 0) return undefined;
    const found = readSegmentFile(this.pathOf(id), id);
    if (found.state === 'whole') return found.content;
    this.counts[found.state]++;
    this.remove(id);
    return undefined;
  }

  /**
   * Puts a segment in; one that is present is a touch, for content is immutable. Returns undefined when it does not fit.
   * Throws OutputError when the disk refuses it.
   */
  write(id: number, content: Uint8Array, cost = 1): WriteEffect | undefined {
    if (!(Number.isSafeInteger(id) && id >= 0)) throw new RangeError(`segment id is ${id}; expected a whole number of at least 0`);
    const known = this.#store.has(id);
    const effect = this.#store.write(id, content.length + SEGMENT_HEADER_BYTES, cost);
    if (known || effect === undefined) return effect;
    try {
      writing(this.#folder, () => { makeFolder(this.#folderOf(id)); });
      writeSegmentFile(this.pathOf(id), id, content);
    } catch (error) {
      this.#store.remove(id);
      throw error;
    }
    return effect;
  }

  /** False when it was absent. */
  remove(id: number): boolean {
    if (!this.#store.remove(id)) return false;
    this.#delete(id);
    return true;
  }

  /** Where the file of a segment lies, or would lie. */
  pathOf(id: number): string {
    return join(this.#folderOf(id), `${id.toString(16).padStart(14, '0')}${SUFFIX}`);
  }

  /** Gives the folder back. */
  close(): void {
    this.#lock.release();
  }

  #recover(): void {
    const found: { id: number; sizeBytes: number; writtenMs: number }[] = [];
    for (let index = 0; index < FOLDERS; index++) {
      const folder = join(this.#folder, folderName(index));
      for (const name of listed(folder)) {
        const path = join(folder, name);
        if (name.endsWith(PARTIAL_SUFFIX)) {
          rmSync(path, { force: true });
          this.counts.partial++;
          continue;
        }
        const id = idOf(name);
        if (id === undefined || id % FOLDERS !== index) continue;
        if (segmentFileFlaw(path, id) !== undefined) {
          rmSync(path, { force: true, recursive: true });
          this.counts.damaged++;
          continue;
        }
        const { size, mtimeMs } = statSync(path);
        found.push({ id, sizeBytes: size, writtenMs: mtimeMs });
      }
    }
    found.sort((a, b) => a.writtenMs - b.writtenMs || a.id - b.id);
    for (const { id, sizeBytes } of found) if (this.#store.write(id, sizeBytes) === undefined) this.#delete(id);
  }

  #delete(id: number): void {
    rmSync(this.pathOf(id), { force: true, recursive: true });
  }

  #folderOf(id: number): string {
    return join(this.#folder, folderName(id % FOLDERS));
  }
}

function folderName(index: number): string {
  return index.toString(16).padStart(2, '0');
}

/** The id in a file's name; undefined for files that are none of ours, which are left alone. */
function idOf(name: string): number | undefined {
  const match = /^([0-9a-f]{14})\.segment$/.exec(name);
  if (match === null) return undefined;
  const id = Number.parseInt(match[1], 16);
  return Number.isSafeInteger(id) ? id : undefined;
}

function listed(folder: string): string[] {
  try {
    return readdirSync(folder);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return [];
    throw error;
  }
}
