import { withoutTrailingZeros } from './trailing-zeros.js';

const NUMBER_TEXT = /^(-?)(\d+)(?:\.(\d+))?(?:[eE]([+-]?\d{1,4}))?$/;
/** More digits than any double needs to be rounded correctly from text. */
const QUOTIENT_DIGITS = 40;

/**
 * An exact decimal number: `coefficient` × 10^`exponent`. Sums do not depend on their order,
 * and adding and taking away a number gives the earlier digits back; doubles do neither.
 */
export class Decimal {
  static readonly ZERO = new Decimal(0n, 0);

  private constructor(
    private readonly coefficient: bigint,
    private readonly exponent: number,
  ) {}

  /** Reads what `String(number)` and `toString` write. Throws a RangeError for anything else. */
  static parse(text: string): Decimal {
    const match = NUMBER_TEXT.exec(text);
    if (!match) throw new RangeError(`not a decimal number: ${text.slice(0, 50)}`);
    const [, sign, whole = '', fraction = '', exponent = '0'] = match;
    return new Decimal(BigInt(`${sign}${whole}${fraction}`), Number(exponent) - fraction.length);
  }

  /** The shortest decimal that reads as this finite double: 0.1 is 0.1, not 0.1000000000000000055…. */
  static fromNumber(value: number): Decimal {
    return Decimal.parse(String(value));
  }

  plus(other: Decimal): Decimal {
    if (this.exponent === other.exponent) {
      return new Decimal(this.coefficient + other.coefficient, this.exponent);
    }
    const exponent = Math.min(this.exponent, other.exponent);
    return new Decimal(this.scaledTo(exponent) + other.scaledTo(exponent), exponent);
  }

  private scaledTo(exponent: number): bigint {
    return this.coefficient * 10n ** BigInt(this.exponent - exponent);
  }

  /** The double nearest to this number; never -0. */
  toNumber(): number {
    return Number(`${this.coefficient}e${this.exponent}`) + 0;
  }

  /** The double nearest to this number divided by a positive whole number. */
  dividedByCount(count: number): number {
    const digits = (this.coefficient < 0n ? -this.coefficient : this.coefficient).toString().length;
    const shift = Math.max(0, QUOTIENT_DIGITS + String(count).length - digits);
    const dividend = this.coefficient * 10n ** BigInt(shift);
    const quotient = dividend / BigInt(count);
    const remainder = dividend % BigInt(count);
    // A further digit keeps what was cut off from looking like an exact half to the rounding.
    const sticky = remainder === 0n ? '0' : '1';
    const sign = this.coefficient < 0n ? '-' : '';
    const magnitude = quotient < 0n ? -quotient : quotient;
    return Number(`${sign}${magnitude}${sticky}e${this.exponent - shift - 1}`) + 0;
  }

  /** Plain notation without exponent, trailing zeros or a negative zero: `100000`, `-0.25`. */
  toString(): string {
    const negative = this.coefficient < 0n;
    const digits = (negative ? -this.coefficient : this.coefficient).toString();
    const plain = this.exponent >= 0 ? digits + '0'.repeat(this.exponent) : this.withPoint(digits);
    if (/^0*$/.test(plain)) return '0';
    return negative ? `-${plain}` : plain;
  }

  private withPoint(digits: string): string {
    const padded = digits.padStart(1 - this.exponent, '0');
    const point = padded.length + this.exponent;
    const fraction = withoutTrailingZeros(padded.slice(point));
    return fraction === '' ? padded.slice(0, point) : `${padded.slice(0, point)}.${fraction}`;
  }
}
