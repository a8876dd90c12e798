// What browsers have and Node 20 lacks, as far as tRPC's subscriptions need it: an EventSource, with
// the cookie that a browser would send.

/** The class for `httpSubscriptionLink`. It does not connect again: a stream that ends is an error. */
export const eventSource = (cookie) =>
  class extends EventTarget {
    CLOSED = 2;
    readyState = 0;
    #stop = new AbortController();

    constructor(url) {
      super();
      this.#read(url).catch(() => {
        this.readyState = this.CLOSED;
        this.dispatchEvent(new Event("error"));
      });
    }

    close() {
      this.readyState = this.CLOSED;
      this.#stop.abort();
    }

    async #read(url) {
      const answer = await fetch(url, { headers: { accept: "text/event-stream", cookie }, signal: this.#stop.signal });
      if (answer.status !== 200 || answer.headers.get("content-type") !== "text/event-stream") throw new Error("no stream");
      this.readyState = 1;
      this.dispatchEvent(new Event("open"));
      let text = "";
      for await (const chunk of answer.body.pipeThrough(new TextDecoderStream())) {
        const blocks = (text + chunk).split("\n\n");
        text = blocks.pop();
        for (const block of blocks) this.#tell(block);
      }
      throw new Error("the stream ended");
    }

    #tell(block) {
      const fields = { event: "message" };
      for (const line of block.split("\n")) {
        const [, name, value] = line.match(/^(\w+): ?(.*)$/) ?? [];
        if (name) fields[name] = value;
      }
      if ("data" in fields) this.dispatchEvent(new MessageEvent(fields.event, { data: fields.data, lastEventId: fields.id ?? "" }));
    }
  };
