/**
 * Requests and their answers: matching by number, timeouts, retries.
 *
 * A request is an immutable message; a retry sends the same one again, so a receiver may see it twice and must not mind. An answer
 * whose call has ended is ignored. The timer of a caller that has died or left in the meantime ends the call as abandoned.
 */
import type { Nanoseconds } from '../../sim/kernel/time.ts';
import { Deadlines } from './deadlines.ts';
import { SlotTable } from './slot-table.ts';
import type { Envelope, OverlayMessage, Transport } from './transport.ts';

export interface Request extends Envelope {
  /** The call's number, which the answer repeats. */
  readonly rpc: number;
  readonly purpose: number;
}

export interface Answer extends Envelope {
  readonly rpc: number;
}

/** Whoever made the call; `context` is what it passed to `open`. */
export interface RpcClient {
  onAnswer(context: number, answer: Answer): void;
  /** All attempts expired. */
  onTimeout(context: number, request: Request): void;
  /** The caller itself died or left while it waited. */
  onAbandoned?(context: number, request: Request): void;
}

interface Call {
  client: RpcClient;
  context: number;
  attemptsLeft: number;
  message: OverlayMessage<Request> | undefined;
  request: Request | undefined;
  /** End of the present attempt's wait. */
  deadlineNs: Nanoseconds;
}

export class RpcTable {
  private readonly calls = new SlotTable<Call>();
  private readonly spare: Call[] = [];
  private readonly transport: Transport;
  private readonly deadlines: Deadlines;

  constructor(transport: Transport, label: string, timeoutNs: Nanoseconds) {
    this.transport = transport;
    this.deadlines = new Deadlines(
      transport.simulator,
      `${label} timeout`,
      timeoutNs,
      (rpc, deadlineNs) => this.calls.get(rpc)?.deadlineNs === deadlineNs,
      (rpc) => {
        this.onExpiry(rpc);
      },
    );
  }

  /** Reserves a number for a call; `send` must follow with a request that carries it. */
  open(client: RpcClient, context: number, attempts: number): number {
    const call = this.spare.pop() ?? { client, context, attemptsLeft: 0, message: undefined, request: undefined, deadlineNs: 0 };
    call.client = client;
    call.context = context;
    call.attemptsLeft = attempts;
    call.deadlineNs = 0;
    return this.calls.open(call);
  }

  send<M extends Request>(message: OverlayMessage<M>, request: M): void {
    const call = this.calls.get(request.rpc)!;
    call.message = message as unknown as OverlayMessage<Request>;
    call.request = request;
    call.attemptsLeft--;
    this.transport.send(message, request, request.purpose);
    call.deadlineNs = this.deadlines.start(request.rpc);
  }

  /** Hands an answer to its caller. False for an answer that is late, repeated, or from a node that was not asked. */
  settle(answer: Answer): boolean {
    const call = this.calls.get(answer.rpc);
    if (call?.request?.from !== answer.to || call.request.to !== answer.from) return false;
    const { client, context } = call;
    this.close(answer.rpc, call);
    client.onAnswer(context, answer);
    return true;
  }

  /** Forgets a call: neither answer nor timeout will be heard. */
  abandon(rpc: number): void {
    const call = this.calls.get(rpc);
    if (call === undefined) return;
    this.close(rpc, call);
  }

  private onExpiry(rpc: number): void {
    const call = this.calls.get(rpc);
    if (call?.request === undefined || call.message === undefined) return;
    const { client, context, request, message } = call;
    if (!this.transport.runs(request.from)) {
      this.close(rpc, call);
      client.onAbandoned?.(context, request);
    } else if (call.attemptsLeft > 0) {
      this.send(message, request);
    } else {
      this.close(rpc, call);
      client.onTimeout(context, request);
    }
  }

  private close(rpc: number, call: Call): void {
    this.calls.close(rpc);
    call.message = undefined;
    call.request = undefined;
    this.spare.push(call);
  }
}
