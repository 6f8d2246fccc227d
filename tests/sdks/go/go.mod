// The vendor's own SDK, for benches/peers.
module official_sdk

go 1.19

require github.com/tencentcloud/tencentcloud-sdk-go/tencentcloud/common v1.1.25
