// Loaded before the server: its clock is wrong by as many milliseconds as the file of CLOCK_OFFSET_FILE says.
import { readFileSync } from 'node:fs';

const file = process.env['CLOCK_OFFSET_FILE'];
const RealDate = Date;
const realNow = RealDate.now;
const now = () => realNow() + Number(readFileSync(file, 'utf8'));

globalThis.Date = class Date extends RealDate {
  constructor(...values) {
    if (values.length === 0) super(now());
    else super(...values);
  }

  static now() {
    return now();
  }
};
