/** The entry: as root this process only supervises, and starts itself again as an ordinary user, who serves. */
import { enter } from './enter.js';

await enter();
