// Amounts are whole numbers of minor units, as numbers that are exact or as BigInt. They are never divided as floating point.

const EXPONENTS = Object.fromEntries([
  ...'BIF CLP DJF GNF ISK JPY KMF KRW PYG RWF UGX VND VUV XAF XOF XPF'.split(' ').map((code) => [code, 0]),
  ...'BHD IQD JOD KWD LYD OMR TND'.split(' ').map((code) => [code, 3]),
]);

/** What people are offered first. The API takes every national currency of ISO 4217. */
export const COMMON = ['USD', 'EUR', 'GBP', 'JPY', 'CHF', 'CAD', 'AUD', 'SEK', 'NOK', 'DKK', 'PLN', 'INR', 'BRL', 'KWD'];

/** How many decimals a currency has. */
export const exponent = (currency) => EXPONENTS[currency] ?? 2;

/** `123456` of USD is `1,234.56`. */
export function decimal(amount, currency) {
  const value = BigInt(amount);
  const digits = (value < 0n ? -value : value).toString().padStart(exponent(currency) + 1, '0');
  const cut = digits.length - exponent(currency);
  const whole = digits.slice(0, cut).replace(/\B(?=(\d{3})+$)/g, ',');
  const fraction = digits.slice(cut);
  return `${value < 0n ? '\u2212' : ''}${whole}${fraction ? `.${fraction}` : ''}`;
}

/** With the currency behind it. */
export const money = (amount, currency) => `${decimal(amount, currency)}\u00a0${currency}`;

/** The most that one movement may have, in minor units. */
const MOST = 999_999_999_999n;

/**
 * What somebody typed, as minor units: `{amount}`, exact, or `{error}`. Commas are refused: `1,250` is two different amounts
 * in two countries.
 */
export function parse(text, currency) {
  const places = exponent(currency);
  const typed = text.trim();
  if (!typed) return { error: 'Enter an amount.' };
  if (/[,'\s]/.test(typed)) return { error: 'Write the amount with a dot and without separators, such as 1250.50.' };
  const match = /^(\d{1,15})(?:\.(\d*))?$/.exec(typed);
  if (!match) return { error: 'Write the amount in digits, such as 12 or 12.50.' };
  const fraction = match[2] ?? '';
  if (fraction.length > places) {
    return { error: places === 0 ? `${currency} has no decimals.` : `${currency} has ${places} decimals at most.` };
  }
  const amount = BigInt(match[1] + fraction.padEnd(places, '0'));
  if (amount === 0n) return { error: 'The amount must be more than zero.' };
  if (amount > MOST) return { error: `At most ${money(MOST, currency)} at a time.` };
  return { amount: Number(amount) };
}
