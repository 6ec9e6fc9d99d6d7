import type { NodeIndex } from './overlay.ts';
import type { Answer, Request, RpcClient, RpcTable } from './rpc.ts';
import { REPAIR } from './ledger.ts';
import type { OverlayMessage } from './transport.ts';

/**
 * Checks whether a peer that did not answer is dead, by pings with full patience, one check at a time for each pair of nodes.
 * One lost message must not cost a pointer.
 */
export class Suspicion implements RpcClient {
  private readonly rpc: RpcTable;
  private readonly ping: OverlayMessage<Request>;
  private readonly attempts: number;
  private readonly nodeCount: number;
  private readonly onDead: (node: NodeIndex, peer: NodeIndex) => void;
  private readonly pending = new Set<number>();

  constructor(rpc: RpcTable, ping: OverlayMessage<Request>, attempts: number, nodeCount: number, onDead: (node: NodeIndex, peer: NodeIndex) => void) {
    this.rpc = rpc;
    this.ping = ping;
    this.attempts = attempts;
    this.nodeCount = nodeCount;
    this.onDead = onDead;
  }

  check(node: NodeIndex, peer: NodeIndex): void {
    const pair = node * this.nodeCount + peer;
    if (node === peer || this.pending.has(pair)) return;
    this.pending.add(pair);
    this.rpc.send(this.ping, { to: peer, from: node, rpc: this.rpc.open(this, 0, this.attempts), purpose: REPAIR });
  }

  onAnswer(_context: number, answer: Answer): void {
    this.pending.delete(answer.to * this.nodeCount + answer.from);
  }

  onTimeout(_context: number, request: Request): void {
    this.onAbandoned(0, request);
    this.onDead(request.from, request.to);
  }

  onAbandoned(_context: number, request: Request): void {
    this.pending.delete(request.from * this.nodeCount + request.to);
  }
}
