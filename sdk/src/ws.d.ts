/** The part of the package `ws` that is used. Its own types would add those of Node to an SDK that also runs in browsers. */
export const WebSocket: new (url: string) => object;
