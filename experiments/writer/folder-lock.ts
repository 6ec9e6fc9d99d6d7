/**
 * Keeps two experiments out of one results folder. The lock is a file that names the process holding it; a lock whose
 * process is gone (killed, or the machine restarted) is stale and is taken over.
 */
import { randomUUID } from 'node:crypto';
import { constants, copyFileSync, linkSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { hostname } from 'node:os';
import { join } from 'node:path';
import { WORK_FILES } from '../results/layout.ts';
import { OutputError, outputError } from './output-error.ts';

interface Holder {
  readonly pid: number;
  readonly host: string;
  /** When the process started, as the system counts it; tells a process from a later one with the same id. */
  readonly processStart: string | null;
  /** When the lock was taken, for the reader. */
  readonly since: string;
  readonly token: string;
}

const MAX_TAKEOVERS = 10;

export class FolderLock {
  readonly #path: string;
  readonly #token: string;

  private constructor(path: string, token: string) {
    this.#path = path;
    this.#token = token;
  }

  /**
   * Takes the lock of a folder that exists.
   * @throws OutputError if a living process holds it, or it cannot be written.
   */
  static acquire(folder: string): FolderLock {
    const path = join(folder, WORK_FILES.lock);
    const holder: Holder = {
      pid: process.pid,
      host: hostname(),
      processStart: processStart(process.pid),
      since: new Date().toISOString(),
      token: randomUUID(),
    };
    const own = `${path}.${holder.token}`;
    try {
      // Written under a name of its own, then linked: nobody ever reads a half-written lock.
      writeFileSync(own, JSON.stringify(holder), { flag: 'wx' });
      for (let attempt = 0; attempt < MAX_TAKEOVERS; attempt++) {
        if (tryLink(own, path)) return new FolderLock(path, holder.token);
        removeIfStale(folder, path);
      }
    } catch (error) {
      throw outputError(folder, error);
    } finally {
      rmSync(own, { force: true });
    }
    throw new OutputError(`${folder} has a lock that cannot be read; if no experiment runs there, delete ${path}`);
  }

  /** Gives the lock back, if it is still ours. */
  release(): void {
    if (readHolder(this.#path)?.token === this.#token) rmSync(this.#path, { force: true });
  }
}

function tryLink(own: string, path: string): boolean {
  try {
    linkSync(own, path);
    return true;
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === 'EEXIST') return false;
    // File systems without hard links: an exclusive copy is the next best, whole for a lock of this size.
    if (code === 'EPERM' || code === 'ENOTSUP' || code === 'ENOSYS') return tryCopy(own, path);
    throw error;
  }
}

function tryCopy(own: string, path: string): boolean {
  try {
    copyFileSync(own, path, constants.COPYFILE_EXCL);
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EEXIST') return false;
    throw error;
  }
}

/** @throws OutputError if the lock is held by a living process, or by one on another machine, whose life cannot be seen. */
function removeIfStale(folder: string, path: string): void {
  const holder = readHolder(path);
  if (holder === undefined) return;
  if (holder.host !== hostname()) {
    throw new OutputError(
      `${folder} is in use by process ${holder.pid} on ${holder.host} since ${holder.since}; if that run is dead, delete ${path}`,
    );
  }
  if (isAlive(holder)) {
    throw new OutputError(`${folder} is in use by process ${holder.pid} since ${holder.since}; wait for it, or choose another --out`);
  }
  // Two may find the same stale lock. The rename moves one lock aside; whoever moved a fresh one puts it back.
  const aside = `${path}.${randomUUID()}`;
  try {
    renameSync(path, aside);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return;
    throw error;
  }
  if (readHolder(aside)?.token !== holder.token) tryLink(aside, path);
  rmSync(aside, { force: true });
}

function readHolder(path: string): Holder | undefined {
  try {
    return JSON.parse(readFileSync(path, 'utf8')) as Holder;
  } catch {
    return undefined;
  }
}

function isAlive(holder: Holder): boolean {
  try {
    process.kill(holder.pid, 0);
  } catch (error) {
    // EPERM: the process lives, but belongs to somebody else.
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
  const start = processStart(holder.pid);
  return start === null || holder.processStart === null || start === holder.processStart;
}

/** Start time of a process in clock ticks since boot, where the system tells (Linux: field 22 of /proc/<pid>/stat). */
function processStart(pid: number): string | null {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
    // The second field is the name in parentheses, which may hold spaces; 20 fields follow up to the start time.
    return stat.slice(stat.lastIndexOf(')') + 2).split(' ')[19] ?? null;
  } catch {
    return null;
  }
}
