/** What is wrong with bytes that could not be decoded. */
export type CodecErrorCode =
  /** The bytes end before what they announce. */
  | 'truncated'
  /** They do not begin as a frame does. */
  | 'magic'
  /** A version that this program does not speak. */
  | 'version'
  /** A message or extension type that does not exist. */
  | 'type'
  /** More than the receiver's limits allow. */
  | 'too-large'
  /** The checksum does not fit the bytes. */
  | 'checksum'
  /** Not valid msgpack, or an entropy-coded section that does not decode. */
  | 'malformed'
  /** Valid msgpack, but not the fields of the message. */
  | 'schema'
  /** A tensor whose parts do not fit its shape, or hold what no encoder writes. */
  | 'tensor'
  /** A chunk that is not the one expected. */
  | 'order';

/** Bytes from outside that cannot be used. The only error that decoding throws for bad input, whatever the input. */
export class CodecError extends Error {
  override readonly name = 'CodecError';
  readonly code: CodecErrorCode;

  constructor(code: CodecErrorCode, message: string) {
    super(message);
    this.code = code;
  }
}
