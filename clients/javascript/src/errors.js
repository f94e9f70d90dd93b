// What can be wrong with an input. One code for each cause; the table is in README.md.

/** An input that is refused. `code` names the cause, the message also says what would be right. */
export class AutoIdError extends Error {
  /**
   * @param {string} code the cause, one of those in README.md
   * @param {string} message what is wrong and what would be right
   */
  constructor(code, message) {
    super(message);
    this.name = 'AutoIdError';
    this.code = code;
  }
}

/** A value as an error names it: short, and never more of it than helps. */
export const shown = (value) => {
  const text = typeof value === 'string' ? JSON.stringify(value) : String(value);
  return text.length > 40 ? `${text.slice(0, 37)}...` : text;
};
