/// Public keys made for the tests with ssh-keygen, and the fingerprints it shows for them.
enum KeySamples {
    static let rsa =
        "ssh-rsa AAAAB3NzaC1yc2EAAAADAQABAAABAQDHrG9bHoPwf1r6y0K/DtnpTeHr8u/VB+n7eFSHA7Rh9rNAQQGLYB4BmBzsCx"
        + "9QnUAElqWkkpw8Ci9STo4cByK7MyWaV6N253bwUuMQPFNrr2DZvsRnmJRHAo8K1BduTz+YVay1OHR44aJ7KKnDwS8MzseUkBsLV0"
        + "TGHP8Li1Vuc/scnugXKCJo8JCCKVGxEi4SvI1Awsn737USrv26CmRKZnaUWEFksDw6j+EyLZ+4yajI/vq/SE12kBkOE5qm8jreta"
        + "4ZHbjelEnE5LTQw6FDNo8z7YSLUdKW/ihC0zWdCw57ul23aoqMkeHEZHyqrHTodQ0Cma+lxLiRBS2y93G5"
    static let rsaFingerprint = "SHA256:nre6CCj1U3uOyukWJ3ANsXk32EeuVBuPRIHV3Rvov44"
    static let ed25519 = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIDE3k8IpCQ+GbCyiOwnbE+ZVq8YtDSaR2STBIvlFgfeb"
    static let ed25519Fingerprint = "SHA256:1HyVyAQvh7UKKxcpeXL+wbUirx5KTi/7FQZLfDVhD7U"
    static let ecdsa =
        "ecdsa-sha2-nistp384 AAAAE2VjZHNhLXNoYTItbmlzdHAzODQAAAAIbmlzdHAzODQAAABhBOqGKWR87p+RnH/r1C9vrsJ3vGxNbWoZ8UzqFt"
        + "WAa+Zl3NUv1uwtaX9o9srGQ6FtYb8gEdhgxLpchbIMWPW4B0XyTxzXqeA/nd0iVjp2Q9uVxnoPwXmxUw+nNW2AlBb10w=="
    static let ecdsaFingerprint = "SHA256:LOb4K+fP5UaWvUMrV1MOp1WqNMhkw7y1YR0JFQ7EQqc"
}
