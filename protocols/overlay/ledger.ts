/**
 * What an overlay sent: messages and bytes by message type and by what they were for.
 */
export const PURPOSES = ['lookup', 'join', 'maintenance', 'repair', 'leave', 'store'] as const;
export type Purpose = (typeof PURPOSES)[number];

/** Purposes as numbers, as messages carry them. */
export const LOOKUP = 0;
export const JOIN = 1;
export const MAINTENANCE = 2;
export const REPAIR = 3;
export const LEAVE = 4;
export const STORE = 5;

export interface LedgerEntry {
  readonly type: string;
  readonly purpose: Purpose;
  readonly messages: number;
  readonly bytes: number;
}

export class MessageLedger {
  private readonly types: string[] = [];
  private messages = new Float64Array(0);
  private bytes = new Float64Array(0);

  /** Adds a message type and returns its row. */
  addType(name: string): number {
    const row = this.types.push(name) - 1;
    const size = this.types.length * PURPOSES.length;
    const messages = new Float64Array(size);
    messages.set(this.messages);
    this.messages = messages;
    const bytes = new Float64Array(size);
    bytes.set(this.bytes);
    this.bytes = bytes;
    return row;
  }

  count(row: number, purpose: number, sizeBytes: number): void {
    const cell = row * PURPOSES.length + purpose;
    this.messages[cell]++;
    this.bytes[cell] += sizeBytes;
  }

  /** Messages of one purpose, or of all. */
  totalMessages(purpose?: Purpose): number {
    return this.sum(this.messages, purpose);
  }

  /** Bytes of one purpose, or of all; network headers included. */
  totalBytes(purpose?: Purpose): number {
    return this.sum(this.bytes, purpose);
  }

  /** Every (type, purpose) that occurred. */
  entries(): LedgerEntry[] {
    const entries: LedgerEntry[] = [];
    this.types.forEach((type, row) => {
      PURPOSES.forEach((purpose, column) => {
        const cell = row * PURPOSES.length + column;
        if (this.messages[cell] > 0) entries.push({ type, purpose, messages: this.messages[cell], bytes: this.bytes[cell] });
      });
    });
    return entries;
  }

  /** Forgets all counts, so that a measured window can start. */
  reset(): void {
    this.messages.fill(0);
    this.bytes.fill(0);
  }

  private sum(cells: Float64Array, purpose: Purpose | undefined): number {
    let total = 0;
    const column = purpose === undefined ? -1 : PURPOSES.indexOf(purpose);
    for (let cell = 0; cell < cells.length; cell++) if (column < 0 || cell % PURPOSES.length === column) total += cells[cell];
    return total;
  }
}
