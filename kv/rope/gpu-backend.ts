/** Rotation through gpu.js. */
import { ropeFrequencies } from './frequencies.ts';
import { GpuDevice, GRAPHICS_MODES } from './gpu-device.ts';
import type { DeviceTexture, GpuMode } from './gpu-device.ts';
import type { GpuLibrary } from './gpu-library.ts';
import { ELEMENTS, INTERLEAVED_QUADS, NEOX_QUADS } from './kernel-sources.ts';
import { checkKeys, keyElements, planShifts } from './key-layout.ts';
import type { KeyLayout, PositionShift } from './key-layout.ts';
import { headSpread, quadTurns } from './quad-turns.ts';
import type { QuadTurns } from './quad-turns.ts';
import type { RopeBackend } from './rope-backend.ts';
import type { RopeSpec } from './rope-spec.ts';
import { rotationTable } from './rotation-table.ts';
import type { RotationTable } from './rotation-table.ts';
import { tileTokens } from './texture-tiling.ts';
import type { TokenTile } from './texture-tiling.ts';
import { checkHeadDim } from './typescript-backend.ts';

/** Limits of a backend; smaller ones than the device's are for tests of the tiling. */
export interface GpuBackendOptions {
  readonly maxTextureSize?: number;
}

/** Opens a backend on gpu.js. Throws RopeModeError where the mode cannot run here. */
export function openGpuRope(library: GpuLibrary, mode: GpuMode, options: GpuBackendOptions = {}): RopeBackend & { readonly device: GpuDevice } {
  const device = new GpuDevice(library, mode);
  return (GRAPHICS_MODES as readonly string[]).includes(mode) ? new TextureRope(device, options) : new LoopRope(device);
}

/** Keys on a graphics device: tiles of whole tokens, each a texture. */
export interface DeviceKeys {
  readonly layout: KeyLayout;
  readonly tiles: readonly { readonly tile: TokenTile; readonly texture: DeviceTexture }[];
  release(): void;
}

/** Rotation in shaders, four elements a fragment. */
export class TextureRope implements RopeBackend {
  readonly mode;
  readonly kernelClass;
  readonly device: GpuDevice;
  readonly #limit: number;

  constructor(device: GpuDevice, options: GpuBackendOptions = {}) {
    this.device = device;
    this.mode = device.mode;
    this.kernelClass = device.kernelClass;
    this.#limit = Math.min(device.maxTextureSize, options.maxTextureSize ?? Infinity);
  }

  rotate(keys: Float32Array, layout: KeyLayout, spec: RopeSpec, shifts: readonly PositionShift[]): Float32Array {
    checkKeys(keys, layout);
    checkHeadDim(layout, spec);
    const plan = planShifts(shifts, layout.tokens);
    if (keys.length === 0) return new Float32Array(0);
    const turns = quadTurns(spec, plan);
    // A head that does not divide into quads is widened with elements that no kernel turns.
    const spread = headSpread(spec);
    const wideLayout = { ...layout, headDim: turns.headDim };
    const heads = layout.outer * layout.tokens * layout.inner;
    const uploaded = this.upload(spread === undefined ? keys : spread.widen(keys, heads), wideLayout);
    const rotated = this.rotateOnDevice(uploaded, turns);
    uploaded.release();
    const values = this.download(rotated);
    rotated.release();
    return spread === undefined ? values : spread.narrow(values, heads);
  }

  /** Uploads keys, in as many tiles as the texture limit asks for. The head size must be a multiple of four. */
  upload(keys: Float32Array, layout: KeyLayout): DeviceKeys {
    const tokenQuads = (layout.inner * layout.headDim) / 4;
    const tiles = tileTokens(layout.outer * layout.tokens, tokenQuads, this.#limit).map((tile) => {
      const first = tile.first * tokenQuads * 4;
      const values = keys.subarray(first, first + tile.tokens * tokenQuads * 4);
      return { tile, texture: this.device.upload(values, tile.width, tile.height) };
    });
    return deviceKeys(layout, tiles);
  }

  /** One dispatch a tile: every layer, head, token and chunk in it. */
  rotateOnDevice(keys: DeviceKeys, turns: QuadTurns): DeviceKeys {
    const { layout } = keys;
    if (layout.headDim !== turns.headDim) throw new RangeError(`layout.headDim is ${layout.headDim}; expected ${turns.headDim}`);
    if (turns.lines > this.#limit) throw new RangeError(`${turns.lines} distinct shifts in one batch; this device's textures hold ${this.#limit}`);
    const table = this.device.upload(turns.values, turns.width, turns.lines);
    const tokenQuads = (layout.inner * layout.headDim) / 4;
    const constants = { headQuads: turns.headDim / 4, rotaryQuads: turns.rotaryDim / 4, halfQuads: turns.rotaryDim / 8, tokenQuads };
    const tiles = keys.tiles.map(({ tile, texture }) => {
      const lines = this.#uploadLines(tile, layout, turns.lineOfToken);
      const key = ['rotate', turns.pairing, ...Object.values(constants), tile.width, tile.height, turns.lines].join(' ');
      const source = turns.pairing === 'neox' ? NEOX_QUADS : INTERLEAVED_QUADS;
      const settings = { output: [tile.width, tile.height], constants, returnType: 'Array(4)' };
      const rotated = this.device.runToTexture(key, source, settings, [texture.handle, table.handle, lines.handle]);
      lines.release();
      return { tile, texture: rotated };
    });
    table.release();
    return deviceKeys(layout, tiles);
  }

  /** Reads keys back. */
  download(keys: DeviceKeys): Float32Array {
    const out = new Float32Array(keyElements(keys.layout));
    const width = keys.layout.inner * keys.layout.headDim;
    for (const { tile, texture } of keys.tiles) out.set(this.device.download(texture).subarray(0, tile.tokens * width), tile.first * width);
    return out;
  }

  destroy(): void {
    this.device.destroy();
  }

  /** For each token of a tile, which line of the turns it takes. */
  #uploadLines(tile: TokenTile, layout: KeyLayout, lineOfToken: Int32Array): DeviceTexture {
    const values = new Float32Array(tile.tokensPerLine * tile.height * 4);
    for (let i = 0; i < tile.tokens; i++) values[i * 4] = lineOfToken[(tile.first + i) % layout.tokens];
    return this.device.upload(values, tile.tokensPerLine, tile.height);
  }
}

function deviceKeys(layout: KeyLayout, tiles: DeviceKeys['tiles']): DeviceKeys {
  return {
    layout,
    tiles,
    release: () => {
      for (const { texture } of tiles) texture.release();
    },
  };
}

/** Rotation in gpu.js's own loops or WebAssembly, one element at a time. */
export class LoopRope implements RopeBackend {
  readonly mode;
  readonly kernelClass;
  readonly device: GpuDevice;

  constructor(device: GpuDevice) {
    this.device = device;
    this.mode = device.mode;
    this.kernelClass = device.kernelClass;
  }

  rotate(keys: Float32Array, layout: KeyLayout, spec: RopeSpec, shifts: readonly PositionShift[]): Float32Array {
    checkKeys(keys, layout);
    checkHeadDim(layout, spec);
    const plan = planShifts(shifts, layout.tokens);
    if (keys.length === 0) return new Float32Array(0);
    const { input } = this.device.library;
    const width = layout.inner * layout.headDim;
    const { pairs, cos, sin, rows } = withPassThrough(rotationTable(ropeFrequencies(spec), plan.shifts));
    const { partner, sign, column } = elementRoles(layout, spec);
    const settings = { output: [width, layout.tokens, layout.outer] };
    const key = ['elements', width, layout.tokens, layout.outer, pairs, rows].join(' ');
    const planes = this.device.run(key, ELEMENTS, settings, [
      input(keys, [width, layout.tokens, layout.outer]),
      input(cos, [pairs, rows]),
      input(sin, [pairs, rows]),
      Float32Array.from(plan.shiftOfToken),
      partner,
      sign,
      column,
    ]) as Float32Array[][];
    const out = new Float32Array(keys.length);
    let at = 0;
    for (const plane of planes) {
      for (const line of plane) {
        out.set(line, at);
        at += width;
      }
    }
    return out;
  }

  destroy(): void {
    this.device.destroy();
  }
}

/** A table in binary32 with one more column, cos 1 and sin 0, for the elements that do not turn. */
function withPassThrough(table: RotationTable): { pairs: number; rows: number; cos: Float32Array; sin: Float32Array } {
  const pairs = table.pairs + 1;
  const cos = new Float32Array(table.rows * pairs).fill(1);
  const sin = new Float32Array(table.rows * pairs);
  for (let row = 0; row < table.rows; row++) {
    cos.set(table.cos.subarray(row * table.pairs, (row + 1) * table.pairs), row * pairs);
    sin.set(table.sin.subarray(row * table.pairs, (row + 1) * table.pairs), row * pairs);
  }
  return { pairs, rows: table.rows, cos, sin };
}

/** For each element of a token: where its partner lies, the sign of its sine, and its column of the table. */
function elementRoles(layout: KeyLayout, spec: RopeSpec): { partner: Float32Array; sign: Float32Array; column: Float32Array } {
  const width = layout.inner * layout.headDim;
  const half = spec.rotaryDim / 2;
  const partner = new Float32Array(width);
  const sign = new Float32Array(width);
  const column = new Float32Array(width);
  for (let x = 0; x < width; x++) {
    const d = x % layout.headDim;
    if (d >= spec.rotaryDim) {
      partner[x] = x;
      column[x] = half;
      continue;
    }
    const first = spec.pairing === 'neox' ? d < half : d % 2 === 0;
    partner[x] = x + (first ? 1 : -1) * (spec.pairing === 'neox' ? half : 1);
    sign[x] = first ? -1 : 1;
    column[x] = spec.pairing === 'neox' ? d % half : Math.floor(d / 2);
  }
  return { partner, sign, column };
}
