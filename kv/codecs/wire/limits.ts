/** What a receiver accepts. Everything beyond is refused before memory is taken for it. */
export interface WireLimits {
  /** Bytes of one frame's body. */
  readonly bodyBytes: number;
  /** Elements of one tensor. */
  readonly tensorElements: number;
  /** Keys, holders or nodes in one list. */
  readonly listEntries: number;
  /** UTF-8 bytes of one text. */
  readonly textBytes: number;
}

/** 4 MiB a frame, 2^20 elements a tensor: a chunk of 2 MiB in fp16, with room to spare. */
export const WIRE_LIMITS: WireLimits = { bodyBytes: 4_194_304, tensorElements: 1_048_576, listEntries: 4096, textBytes: 1024 };
