/** The entry point. As root this process is only the supervisor, which starts the server as an ordinary user. */
import { enter } from './enter.js';

await enter();
