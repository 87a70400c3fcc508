/* The canvas: frames in, never an older one after a newer one; and the zoom of the view.
 *
 *   const picture = createPicture(canvas, onPainted);
 *   picture.show(detail, blob);         // painted unless something newer already is
 *   picture.forget(sequence);           // frames up to this number belong to an earlier picture
 *   picture.zoom(1.1, x, y);            // x, y in shares of the frame stay where they are */
const createPicture = (canvas, onPainted) => {
  const LARGEST = 6;
  const context = canvas.getContext("2d", {alpha: false});
  let newest = -1;
  let scale = 1, left = 0, top = 0;    // left, top: shares of the frame

  const place = () => {
    const within = (value) => Math.min(0, Math.max(1 - scale, value));
    left = within(left);
    top = within(top);
    canvas.style.transform = scale === 1 ? "" : `translate(${left * 100}%, ${top * 100}%) scale(${scale})`;
  };

  return {
    async show(detail, blob) {
      if (detail.sequence <= newest) return;
      let bitmap;
      try {
        bitmap = await createImageBitmap(blob);
      } catch {
        return;   // a damaged frame: the next one comes
      }
      if (detail.sequence > newest) {
        newest = detail.sequence;
        if (canvas.width !== bitmap.width || canvas.height !== bitmap.height) {
          canvas.width = bitmap.width;
          canvas.height = bitmap.height;
        }
        context.drawImage(bitmap, 0, 0);
        onPainted(detail);
      }
      bitmap.close();
    },
    forget(sequence) { newest = Math.max(newest, sequence); },
    zoom(factor, x = 0.5, y = 0.5) {
      const before = scale;
      scale = Math.min(LARGEST, Math.max(1, scale * factor));
      left = x - (x - left) * scale / before;
      top = y - (y - top) * scale / before;
      place();
      return scale !== before;
    },
    unzoom() { scale = 1; place(); },
  };
};
