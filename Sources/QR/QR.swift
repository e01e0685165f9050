struct QRPlaceholder {}
