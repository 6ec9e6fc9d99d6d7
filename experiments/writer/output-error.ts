/** Output that cannot be written, told in one line. */

/** Codes that mean that there is no room, as opposed to no right, to write. */
const FULL = new Set(['ENOSPC', 'EDQUOT', 'EFBIG']);

const REASONS: Readonly<Record<string, string>> = {
  ENOSPC: 'the disk is full',
  EDQUOT: 'the disk quota is used up',
  EFBIG: 'the file would grow beyond the limit of this process',
  EACCES: 'permission denied',
  EPERM: 'not permitted',
  EROFS: 'the file system is read-only',
  ENOTDIR: 'a part of the path is a file, not a folder',
  ENOENT: 'a part of the path does not exist',
  ENAMETOOLONG: 'the path is too long',
  ELOOP: 'the path leads through too many links',
  EMFILE: 'too many open files',
  EIO: 'the device failed',
  EISDIR: 'a folder stands where a file should',
};

/** A results folder that cannot be used or written; the message is one line. */
export class OutputError extends Error {
  override readonly name = 'OutputError';
  /** Whether there was no room left: what has been written stays and the run can be resumed. */
  readonly full: boolean;

  constructor(message: string, options: { full?: boolean; cause?: unknown } = {}) {
    super(message, { cause: options.cause });
    this.full = options.full ?? false;
  }
}

/** Wraps an error of the file system with the path it happened at; other errors are given back as they are. */
export function outputError(path: string, error: unknown): unknown {
  if (error instanceof OutputError || !(error instanceof Error)) return error;
  const { code } = error as NodeJS.ErrnoException;
  if (code === undefined || !/^E[A-Z]+$/.test(code)) return error;
  return new OutputError(`cannot write ${path}: ${REASONS[code] ?? code}`, { full: FULL.has(code), cause: error });
}

/** Runs a write and turns errors of the file system into one-line output errors about `path`. */
export function writing<T>(path: string, write: () => T): T {
  try {
    return write();
  } catch (error) {
    throw outputError(path, error);
  }
}
