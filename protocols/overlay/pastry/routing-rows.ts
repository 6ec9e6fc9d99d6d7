import type { Nanoseconds } from '../../../sim/kernel/time.ts';
import type { IdSpace } from '../id-space.ts';
import type { NodeIndex } from '../overlay.ts';

/** Rows to an allocation unit. */
const CHUNK = 4096;
/** Round-trip time of a peer that was never measured. */
export const UNMEASURED = Infinity;

/**
 * The routing table of every node: row l holds peers that share exactly l leading digits with it, one for each next digit.
 *
 * Only rows that ever held a peer take memory, in chunks; of a million nodes each has five or six.
 */
export class RoutingRows {
  readonly digitBits: number;
  readonly columns: number;
  /** Rows of one node, as many as an identifier has digits. */
  readonly rows: number;
  private readonly space: IdSpace;
  private readonly ids: Uint32Array;
  private readonly places: Int32Array;
  private readonly peersOf: Int32Array[] = [];
  /** Round-trip times of the peers, where nodes measure them. */
  private readonly rttsOf: Float32Array[] = [];
  private readonly measured: boolean;
  private allocated = 0;

  constructor(space: IdSpace, ids: Uint32Array, nodeCount: number, digitBits: number, measured: boolean) {
    this.space = space;
    this.ids = ids;
    this.digitBits = digitBits;
    this.columns = 1 << digitBits;
    this.rows = space.digits(digitBits);
    this.measured = measured;
    this.places = new Int32Array(nodeCount * this.rows).fill(-1);
  }

  /** −1 where the entry is empty. */
  get(node: NodeIndex, row: number, column: number): NodeIndex {
    const place = this.places[node * this.rows + row];
    return place < 0 ? -1 : this.peersOf[Math.floor(place / CHUNK)][(place % CHUNK) * this.columns + column];
  }

  /** Peers of one row. */
  row(node: NodeIndex, row: number): NodeIndex[] {
    const peers: NodeIndex[] = [];
    if (this.places[node * this.rows + row] < 0) return peers;
    for (let column = 0; column < this.columns; column++) {
      const peer = this.get(node, row, column);
      if (peer >= 0) peers.push(peer);
    }
    return peers;
  }

  rowOf(node: NodeIndex, peer: NodeIndex): number {
    const w = this.space.words;
    return this.space.sharedDigits(this.ids, node * w, this.ids, peer * w, this.digitBits);
  }

  columnOf(peer: NodeIndex, row: number): number {
    return this.space.digit(this.ids, peer * this.space.words, row, this.digitBits);
  }

  has(node: NodeIndex, peer: NodeIndex): boolean {
    const row = this.rowOf(node, peer);
    return row < this.rows && this.get(node, row, this.columnOf(peer, row)) === peer;
  }

  /** Is the entry where this peer belongs empty? */
  wants(node: NodeIndex, peer: NodeIndex): boolean {
    const row = this.rowOf(node, peer);
    return row < this.rows && this.get(node, row, this.columnOf(peer, row)) < 0;
  }

  /** Takes a peer where its entry is empty or held by one that is farther. False where the present one stays. */
  offer(node: NodeIndex, peer: NodeIndex, rttNs: Nanoseconds): boolean {
    const row = this.rowOf(node, peer);
    if (row >= this.rows) return false;
    const column = this.columnOf(peer, row);
    const cell = node * this.rows + row;
    let place = this.places[cell];
    if (place < 0) {
      place = this.allocate();
      this.places[cell] = place;
    }
    const chunk = Math.floor(place / CHUNK);
    const entry = (place % CHUNK) * this.columns + column;
    const present = this.peersOf[chunk][entry];
    if (present >= 0 && !this.measured) return present === peer;
    if (present >= 0 && present !== peer && !(rttNs < this.rttsOf[chunk][entry])) return false;
    if (present === peer && rttNs === UNMEASURED) return true;
    this.peersOf[chunk][entry] = peer;
    if (this.measured) this.rttsOf[chunk][entry] = rttNs;
    return true;
  }

  remove(node: NodeIndex, peer: NodeIndex): boolean {
    const row = this.rowOf(node, peer);
    if (row >= this.rows) return false;
    const place = this.places[node * this.rows + row];
    if (place < 0) return false;
    const chunk = this.peersOf[Math.floor(place / CHUNK)];
    const entry = (place % CHUNK) * this.columns + this.columnOf(peer, row);
    if (chunk[entry] !== peer) return false;
    chunk[entry] = -1;
    return true;
  }

  clear(node: NodeIndex): void {
    for (let row = 0; row < this.rows; row++) {
      const place = this.places[node * this.rows + row];
      if (place < 0) continue;
      const entry = (place % CHUNK) * this.columns;
      this.peersOf[Math.floor(place / CHUNK)].fill(-1, entry, entry + this.columns);
    }
  }

  peers(node: NodeIndex): NodeIndex[] {
    const peers: NodeIndex[] = [];
    for (let row = 0; row < this.rows; row++) peers.push(...this.row(node, row));
    return peers;
  }

  private allocate(): number {
    if (this.allocated % CHUNK === 0) {
      this.peersOf.push(new Int32Array(CHUNK * this.columns).fill(-1));
      if (this.measured) this.rttsOf.push(new Float32Array(CHUNK * this.columns));
    }
    return this.allocated++;
  }
}
