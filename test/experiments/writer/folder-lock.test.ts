import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, readFileSync, readdirSync, writeFileSync } from 'node:fs';
import { hostname } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { FolderLock } from '../../../experiments/writer/folder-lock.ts';
import { temporaryFolder } from '../temporary-folder.ts';

function holder(folder: string, changes: object): void {
  const lock = { pid: process.pid, host: hostname(), processStart: null, since: '2024-01-01T00:00:00.000Z', token: 'other' };
  writeFileSync(join(folder, '.lock'), JSON.stringify({ ...lock, ...changes }));
}

describe('the lock of a results folder', () => {
  it('is held once, and free again after its release', () => {
    const folder = temporaryFolder();
    const lock = FolderLock.acquire(folder);
    expect(() => FolderLock.acquire(folder)).toThrow(`${folder} is in use by process ${process.pid} since`);
    lock.release();
    FolderLock.acquire(folder).release();
    expect(readdirSync(folder)).toEqual([]);
  });

  it('is taken over from a process that is gone', async () => {
    const folder = temporaryFolder();
    const child = spawn(process.execPath, ['-e', '']);
    await once(child, 'exit');
    holder(folder, { pid: child.pid });
    FolderLock.acquire(folder).release();
    expect(existsSync(join(folder, '.lock'))).toBe(false);
  });

  it.skipIf(!existsSync('/proc/self/stat'))('is taken over from a process whose id another one has by now', () => {
    const folder = temporaryFolder();
    holder(folder, { processStart: '1' });
    FolderLock.acquire(folder).release();
  });

  it('is not taken from another machine, whose processes cannot be seen', () => {
    const folder = temporaryFolder();
    holder(folder, { host: 'elsewhere.example' });
    expect(() => FolderLock.acquire(folder)).toThrow('on elsewhere.example');
  });

  it('is not released by one who lost it', () => {
    const folder = temporaryFolder();
    const lock = FolderLock.acquire(folder);
    holder(folder, {});
    lock.release();
    expect(readFileSync(join(folder, '.lock'), 'utf8')).toContain('other');
  });
});
