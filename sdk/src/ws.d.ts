/** As much of the package `ws` as is used; its own types would bring those of Node into a SDK that browsers use too. */
export const WebSocket: new (url: string) => object;
