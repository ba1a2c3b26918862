import { shown } from './support/figures.mjs';

/** The table of results, each with its reference and target. */
export class Report {
  rows = [];

  /** Adds a figure without a target. */
  note(what, value, unit, remark = '') {
    this.#add({ what, value, unit, against: remark });
  }

  /** Adds a figure that must reach a share of another one of the same run. */
  ratio(what, value, unit, { name, value: other }, least) {
    const share = value / other;
    const against = `${shown(other)} ${unit}: ${name}`;
    this.#add({ what, value, unit, against, share, target: `≥ ${least} ×`, ok: share >= least });
  }

  least(what, value, unit, least, remark = '') {
    this.#add({
      what,
      value,
      unit,
      against: remark,
      target: `≥ ${shown(least)} ${unit}`,
      ok: value >= least,
    });
  }

  most(what, value, unit, most, remark = '') {
    this.#add({ what, value, unit, against: remark, target: `≤ ${shown(most)} ${unit}`, ok: value <= most });
  }

  get missed() {
    return this.rows.filter(({ ok }) => ok === false);
  }

  /** The table in Markdown. */
  get table() {
    const lines = [
      '| what | figure | against, in the same run | ratio | target | |',
      '|---|---|---|---|---|---|',
    ];
    for (const { what, value, unit, against, share, target = '', ok } of this.rows) {
      const mark = ok === undefined ? '' : ok ? 'reached' : '**missed**';
      const ratio = share === undefined ? '' : `${shown(share)} ×`;
      lines.push(`| ${what} | ${shown(value)} ${unit} | ${against} | ${ratio} | ${target} | ${mark} |`);
    }
    return lines.join('\n');
  }

  #add(row) {
    this.rows.push(row);
    const { what, value, unit, against, share, target, ok } = row;
    const mark = ok === undefined ? ' ' : ok ? '+' : '!';
    const ratio = share === undefined ? '' : ` (${shown(share)} ×)`;
    const goal = target === undefined ? '' : ` target ${target}`;
    console.log(`${mark} ${what}: ${shown(value)} ${unit}${ratio}${goal} ${against}`);
  }
}
