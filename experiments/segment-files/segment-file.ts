/**
 * One segment as a file: "P2KS", version (1 byte), 3 zero bytes, id and length of the content (8 bytes each, little-endian), CRC-32C of these 24 bytes and of the content
 * (4 bytes), 4 zero bytes, the content.
 */
import { closeSync, fstatSync, openSync, readSync } from 'node:fs';
import { crc32c } from '../../kv/codecs/crc32c.ts';
import { AtomicFile } from '../writer/atomic-file.ts';

export const SEGMENT_HEADER_BYTES = 32;
const MAGIC = 0x534b3250;
const VERSION = 1;
const CHECKED_BYTES = 24;

/** What was found under a segment's name. */
export type SegmentRead = { readonly state: 'whole'; readonly content: Uint8Array } | { readonly state: 'missing' } | { readonly state: 'damaged'; readonly reason: string };

/**
 * Writes a segment: under its name there is what was before, or the whole new content, whenever the process is killed; when it returns, the content is on the disk.
 * Throws OutputError when the disk is full or cannot be written; what was under the name stays.
 */
export function writeSegmentFile(path: string, id: number, content: Uint8Array): void {
  const header = new Uint8Array(SEGMENT_HEADER_BYTES);
  const view = new DataView(header.buffer);
  view.setUint32(0, MAGIC, true);
  header[4] = VERSION;
  view.setBigUint64(8, BigInt(id), true);
  view.setBigUint64(16, BigInt(content.length), true);
  view.setUint32(24, crc32c(content, crc32c(header.subarray(0, CHECKED_BYTES))), true);
  const file = new AtomicFile(path);
  try {
    file.append(header);
    file.append(content);
    file.commit();
  } catch (error) {
    file.abandon();
    throw error;
  }
}

/** Reads a segment and checks all of it. Errors of the device other than a missing file count as damage. */
export function readSegmentFile(path: string, id: number): SegmentRead {
  try {
    return withFile(path, (descriptor, fileBytes) => {
      const file = new Uint8Array(fileBytes);
      for (let at = 0; at < file.length; ) {
        const bytes = readSync(descriptor, file, at, file.length - at, at);
        if (bytes === 0) return { state: 'damaged', reason: `the file ends after ${at} of ${fileBytes} bytes` };
        at += bytes;
      }
      const reason = flaw(file.subarray(0, SEGMENT_HEADER_BYTES), fileBytes, id);
      if (reason !== undefined) return { state: 'damaged', reason };
      const content = file.subarray(SEGMENT_HEADER_BYTES);
      const checksum = crc32c(content, crc32c(file.subarray(0, CHECKED_BYTES)));
      if (checksum !== new DataView(file.buffer).getUint32(24, true)) return { state: 'damaged', reason: 'the checksum does not fit' };
      return { state: 'whole', content };
    });
  } catch (error) {
    return unreadable(error);
  }
}

/** Looks at header and length only: what a scan at start can afford. Returns the reason where it is no whole segment of this id. */
export function segmentFileFlaw(path: string, id: number): string | undefined {
  try {
    return withFile(path, (descriptor, fileBytes) => {
      const header = new Uint8Array(SEGMENT_HEADER_BYTES);
      readSync(descriptor, header, 0, SEGMENT_HEADER_BYTES, 0);
      return flaw(header, fileBytes, id);
    });
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    return code ?? String(error);
  }
}

function withFile<T>(path: string, use: (descriptor: number, fileBytes: number) => T): T {
  const descriptor = openSync(path, 'r');
  try {
    return use(descriptor, fstatSync(descriptor).size);
  } finally {
    closeSync(descriptor);
  }
}

function flaw(header: Uint8Array, fileBytes: number, id: number): string | undefined {
  if (fileBytes < SEGMENT_HEADER_BYTES) return `the file has ${fileBytes} bytes, fewer than its header`;
  const view = new DataView(header.buffer, header.byteOffset, header.byteLength);
  if (view.getUint32(0, true) !== MAGIC || header[4] !== VERSION) return 'it is no segment file of version 1';
  if (view.getBigUint64(8, true) !== BigInt(id)) return `it holds segment ${view.getBigUint64(8, true)}`;
  const contentBytes = view.getBigUint64(16, true);
  if (contentBytes !== BigInt(fileBytes - SEGMENT_HEADER_BYTES)) return `it holds ${fileBytes - SEGMENT_HEADER_BYTES} of ${contentBytes} bytes`;
  return undefined;
}

function unreadable(error: unknown): SegmentRead {
  const { code } = error as NodeJS.ErrnoException;
  if (code === 'ENOENT') return { state: 'missing' };
  if (code === undefined) throw error;
  return { state: 'damaged', reason: `it cannot be read: ${code}` };
}
